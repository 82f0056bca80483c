package policy

// ordered is what a value is read as that has an order: a number, or a point in
// time.
type ordered[T any] interface{ compare(T) int }

// orderTester compares values by their order. One that cannot be read compares
// with none.
type orderTester[T ordered[T]] struct {
	parse  func(string) (T, bool)
	values []T
	spoilt bool // a value of the policy cannot be read
	holds  func(order int) bool
}

// newOrder makes the constructor of one operator.
func newOrder[T ordered[T]](parse func(string) (T, bool), holds func(int) bool) func([]string, language) tester {
	return func(values []string, _ language) tester {
		t := orderTester[T]{parse: parse, holds: holds}
		for _, v := range values {
			wanted, ok := parse(v)
			if !ok {
				t.spoilt = true
				continue
			}
			t.values = append(t.values, wanted)
		}
		return t
	}
}

func (t orderTester[T]) test(value string, _ *Context) match {
	v, ok := t.parse(value)
	if !ok {
		return bad
	}
	for _, wanted := range t.values {
		if t.holds(v.compare(wanted)) {
			return yes
		}
	}
	return noUnless(t.spoilt)
}

// noUnless is no, or bad if a value of the policy could not be compared.
func noUnless(spoilt bool) match {
	if spoilt {
		return bad
	}
	return no
}
