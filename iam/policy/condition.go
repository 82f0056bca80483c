package policy

// condition is a compiled operator, key and list of values.
type condition struct {
	operator
	tester  tester
	written string // the operator as it is written
	key     string
	hash    uint32
	pos     int // of the key
	values  []string
	null    bool // the operator is Null
	present bool // Null: "false" is among the values
	absent  bool // Null: "true" is among the values
}

// newCondition compiles a condition.
func newCondition(raw rawCondition, lang language) condition {
	c := condition{
		operator: raw.op, written: raw.operator.value,
		key: raw.key.value, hash: keyHash(raw.key.value), pos: raw.key.pos,
	}
	for _, v := range raw.values {
		c.values = append(c.values, v.value)
	}
	if c.null = c.name == nullOperator; c.null {
		c.present, c.absent = wantsNull(c.values)
		return c
	}
	c.tester = c.compile(c.values, lang)
	return c
}

// holds reports whether the request's context satisfies the condition.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html.
func (c *condition) holds(ctx *Context) bool {
	values, _, ok := ctx.lookup(c.key, c.hash)
	switch {
	case c.null:
		return c.holdsNull(values)
	case !ok:
		return c.holdsAbsent()
	case c.quantifier == forAllValues:
		return c.all(values, ctx)
	case c.quantifier == forAnyValue:
		for _, v := range values {
			if c.holdsFor(v, ctx) {
				return true
			}
		}
		return false
	case len(values) == 1:
		return c.holdsFor(values[0], ctx)
	}
	// Several values without a set operator: AWS demands one and does not say
	// what happens without it. A positive comparison fails, a negated one asks
	// that no value matches.
	return c.negated && c.all(values, ctx)
}

// holdsAbsent is the answer for a key that the request does not have.
func (c *condition) holdsAbsent() bool {
	if c.ifExists || c.quantifier == forAllValues {
		return true
	}
	return c.negated && c.quantifier == single
}

func (c *condition) all(values []string, ctx *Context) bool {
	for _, v := range values {
		if !c.holdsFor(v, ctx) {
			return false
		}
	}
	return true
}

// holdsFor compares one value. A bad comparison holds neither way.
func (c *condition) holdsFor(value string, ctx *Context) bool {
	m := c.tester.test(value, ctx)
	if c.negated {
		return m == no
	}
	return m == yes
}
