package awsapi

import (
	"fmt"
	"iter"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// The members of an operation's input are the exported fields of a struct:
// string, *string (nil if absent), *int32, *bool, a slice of strings, or one of
// structs of these; those of a struct in it, embedded or not, are its own. Their
// tags:
//
//	RoleArn string `query:"RoleArn" rule:"required,min=20,max=2048,pattern=arn"`
//
// query names the parameter and defaults to the field's name. Rules: required,
// sensitive (the value is not shown in messages), min and max (length in
// UTF-16 code units, or value), pattern (a name in patterns), enum (the values,
// with bars between them). The tag each has the rules of a list's strings. A list
// is nil if it was not sent, and empty if it was sent empty.
type member struct {
	index  []int  // as reflect.Value.FieldByIndex wants it
	wire   string // RoleArn
	shown  string // roleArn, as messages have it
	fields []member
	each   *member // of a list of strings

	required, sensitive, bounded bool
	min, max                     int
	pattern                      *pattern
	enum                         []string
}

var stringsType = reflect.TypeFor[[]string]()

// planOf reads the struct type's tags. A tag it does not understand is a bug
// and panics.
func planOf(t reflect.Type) []member {
	var plan []member
	for _, f := range flattened(t) {
		if f.Type.Kind() == reflect.Struct {
			for _, m := range planOf(f.Type) {
				m.index = append(slices.Clip(f.Index), m.index...)
				plan = append(plan, m)
			}
			continue
		}
		m := member{index: f.Index, wire: f.Tag.Get("query"), max: -1}
		if m.wire == "" {
			m.wire = f.Name
		}
		m.shown = strings.ToLower(m.wire[:1]) + m.wire[1:]
		m.readRules(f.Tag.Get("rule"))
		switch {
		case f.Type == stringsType:
			m.each = &member{max: -1}
			m.each.readRules(f.Tag.Get("each"))
		case f.Type.Kind() == reflect.Slice:
			m.fields = planOf(f.Type.Elem())
		}
		plan = append(plan, m)
	}
	return plan
}

// flattened returns the struct type's fields, those of embedded structs in their
// place. Where no two have one name it is what reflect.VisibleFields returns, at a
// fraction of the price, which every start pays.
func flattened(t reflect.Type) []reflect.StructField {
	fields := make([]reflect.StructField, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.Anonymous {
			fields = append(fields, f)
			continue
		}
		for _, inner := range flattened(f.Type) {
			inner.Index = append([]int{i}, inner.Index...)
			fields = append(fields, inner)
		}
	}
	return fields
}

func (m *member) readRules(rules string) {
	for rule := range strings.SplitSeq(rules, ",") {
		name, value, _ := strings.Cut(rule, "=")
		switch name {
		case "":
		case "required":
			m.required = true
		case "sensitive":
			m.sensitive = true
		case "min":
			m.min, m.bounded = mustAtoi(value), true
		case "max":
			m.max, m.bounded = mustAtoi(value), true
		case "pattern":
			if m.pattern = patterns[value]; m.pattern == nil {
				panic("awsapi: no pattern " + value)
			}
		case "enum":
			m.enum = strings.Split(value, "|")
		default:
			panic("awsapi: no rule " + name)
		}
	}
}

func mustAtoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic("awsapi: " + err.Error())
	}
	return n
}

// decode fills the struct from the form: first what cannot be read at all
// (MalformedInput), then every violated constraint in one ValidationError, as
// AWS does.
func decode(form *Form, plan []member, into reflect.Value) error {
	var violations []string
	if err := decodeMembers(form, plan, into, "", "", &violations); err != nil {
		return err
	}
	switch len(violations) {
	case 0:
		return nil
	case 1:
		return validation("1 validation error detected: " + violations[0])
	}
	return validation(fmt.Sprintf("%d validation errors detected: %s", len(violations), strings.Join(violations, "; ")))
}

func decodeMembers(form *Form, plan []member, into reflect.Value, prefix, shown string, violations *[]string) error {
	for i := range plan {
		m := &plan[i]
		wire, path := prefix+m.wire, shown+m.shown
		field := into.FieldByIndex(m.index)
		if field.Kind() == reflect.Slice {
			if err := decodeList(form, m, field, wire, path, violations); err != nil {
				return err
			}
			continue
		}
		value, ok := form.values[wire]
		if !ok {
			if m.required {
				*violations = append(*violations, "Value null at '"+path+"' failed to satisfy constraint: Member must not be null")
			}
			continue
		}
		if err := decodeScalar(m, field, value[0], path, violations); err != nil {
			return err
		}
	}
	return nil
}

func decodeScalar(m *member, field reflect.Value, value, path string, violations *[]string) error {
	switch into := field.Addr().Interface().(type) {
	case **int32:
		n, err := decodeInt(value)
		if err != nil {
			return err
		}
		*into = &n
		*violations = append(*violations, m.checkInt(int(n), path)...)
		return nil
	case **bool:
		b, err := decodeBool(value)
		if err != nil {
			return err
		}
		*into = &b
		return nil
	case **string:
		*into = new(string)
		**into = value
	case *string:
		*into = value
	default:
		panic("awsapi: no decoding for " + field.Type().String())
	}
	*violations = append(*violations, m.checkString(value, path)...)
	return m.checkName(value, path)
}

// decodeInt reads an integer as AWS does: an optional sign and leading zeros
// are fine, blanks, fractions and exponents are not (observed).
func decodeInt(value string) (int32, error) {
	if value == "" {
		return 0, malformedInput("missing value for decimal type")
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil {
		return 0, malformedInput("")
	}
	return int32(n), nil
}

// decodeBool reads a boolean: IAM takes 0 and 1 as well (observed).
func decodeBool(value string) (bool, error) {
	switch value {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, malformedInput("")
}

func malformedInput(message string) *Error {
	return &Error{Code: "MalformedInput", Message: message, Status: http.StatusBadRequest}
}

// maxListSkip is how many elements a list may leave out in a row (observed).
const maxListSkip = 10

// decodeList reads Name.member.N.Field parameters. Elements left out are empty
// ones.
func decodeList(form *Form, m *member, field reflect.Value, wire, path string, violations *[]string) error {
	spelt, err := listIndices(form, wire+".member.")
	switch {
	case err != nil:
		return err
	case len(spelt) == 0 && form.values.Has(wire):
		// The query protocol's way to send an empty list.
		field.Set(reflect.MakeSlice(field.Type(), 0, 0))
		return nil
	case len(spelt) == 0 && m.required:
		*violations = append(*violations, "Value null at '"+path+"' failed to satisfy constraint: Member must not be null")
		return nil
	case len(spelt) == 0:
		return nil
	}
	last := 0
	for _, n := range slices.Sorted(maps.Keys(spelt)) {
		if skipped := n - last - 1; skipped > maxListSkip {
			return malformedInput(fmt.Sprintf("Excessively sparse input would skip %d list elements", skipped))
		}
		last = n
	}
	if m.max >= 0 && last > m.max {
		// What the elements violate as well would only fill pages.
		*violations = append(*violations, fmt.Sprintf("Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", path, m.max))
		return nil
	}
	field.Set(reflect.MakeSlice(field.Type(), last, last))
	if m.each != nil {
		m.decodeStrings(form, field, wire+".member.", path, spelt, violations)
		return nil
	}
	for n := 1; n <= last; n++ {
		prefix, shown := wire+".member."+spelt[n]+".", path+"."+strconv.Itoa(n)+".member."
		if err := decodeMembers(form, m.fields, field.Index(n-1), prefix, shown, violations); err != nil {
			return err
		}
	}
	return nil
}

// decodeStrings reads Name.member.N parameters. What is wrong with the strings is
// one violation, which names every rule (observed).
func (m *member) decodeStrings(form *Form, field reflect.Value, prefix, path string, spelt map[int]string, violations *[]string) {
	wrong := false
	for i := range field.Len() {
		value := form.values.Get(prefix + spelt[i+1])
		field.Index(i).SetString(value)
		wrong = wrong || len(m.each.checkString(value, path)) > 0
	}
	if !wrong {
		return
	}
	if m.each.enum != nil {
		*violations = append(*violations, "Value at '"+path+"' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: ["+strings.Join(m.each.enum, ", ")+"]]")
		return
	}
	rules := []string{"Member must have length greater than or equal to " + strconv.Itoa(m.each.min)}
	if m.each.max >= 0 {
		rules = slices.Insert(rules, 0, "Member must have length less than or equal to "+strconv.Itoa(m.each.max))
	}
	if m.each.pattern != nil {
		rules = append(rules, "Member must satisfy regular expression pattern: "+m.each.pattern.text)
	}
	*violations = append(*violations, "Value at '"+path+"' failed to satisfy constraint: Member must satisfy constraint: ["+strings.Join(rules, ", ")+"]")
}

// listIndices returns the list's indices as they are spelt: leading zeros are
// fine.
func listIndices(form *Form, prefix string) (map[int]string, error) {
	var spelt map[int]string
	for name := range form.below(prefix) {
		rest := name[len(prefix):]
		digits, _, _ := strings.Cut(rest, ".")
		n, err := listIndex(digits)
		if err != nil {
			return nil, err
		}
		if earlier, ok := spelt[n]; ok && earlier != digits {
			return nil, malformedInput(fmt.Sprintf("Element %d is spelt in two ways", n))
		}
		if spelt == nil {
			spelt = map[int]string{}
		}
		spelt[n] = digits
	}
	return spelt, nil
}

// fewNames is up to how many parameters are looked through one by one.
const fewNames = 64

// below yields the names of the parameters that begin with prefix, in no order. A
// large form is sorted once, so that lists within lists cost no more than their
// own elements.
func (f *Form) below(prefix string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if len(f.values) <= fewNames {
			for name := range f.values {
				if strings.HasPrefix(name, prefix) && !yield(name) {
					return
				}
			}
			return
		}
		if f.names == nil {
			f.names = slices.Sorted(maps.Keys(f.values))
		}
		from, _ := slices.BinarySearch(f.names, prefix)
		for _, name := range f.names[from:] {
			if !strings.HasPrefix(name, prefix) || !yield(name) {
				return
			}
		}
	}
}

func listIndex(digits string) (int, error) {
	if strings.HasPrefix(digits, "-") {
		return 0, malformedInput("Key " + digits + " may not have a leading '-'")
	}
	n, err := strconv.ParseUint(digits, 10, 31)
	if err != nil {
		return 0, malformedInput("Start of list found where not expected")
	}
	if n == 0 {
		return 0, malformedInput("0 is not a valid index")
	}
	return int(n), nil
}

func (m *member) checkInt(n int, path string) []string {
	if !m.bounded {
		return nil
	}
	item := "Value '" + strconv.Itoa(n) + "' at '" + path + "' failed to satisfy constraint: Member must have value "
	if n < m.min {
		return []string{item + "greater than or equal to " + strconv.Itoa(m.min)}
	}
	if m.max >= 0 && n > m.max {
		return []string{item + "less than or equal to " + strconv.Itoa(m.max)}
	}
	return nil
}

// checkName refuses a name or path in IAM's own words. An empty one is merely too
// short.
func (m *member) checkName(value, path string) error {
	if value == "" || m.pattern == nil || m.pattern.says == "" || m.pattern.matches(value) {
		return nil
	}
	return validation("The specified value for " + path + " is invalid. " + m.pattern.says)
}

// checkString names what the value violates: the pattern before the length.
func (m *member) checkString(value, path string) []string {
	var violations []string
	violated := func(constraint string) {
		item := "Value '" + value + "' at '" + path + "' failed to satisfy constraint: Member must "
		if m.sensitive {
			item = "Value at '" + path + "' failed to satisfy constraint: Member must "
		}
		violations = append(violations, item+constraint)
	}
	if m.enum != nil && !slices.Contains(m.enum, value) {
		// Whatever was sent is not repeated (observed).
		return []string{"Value at '" + path + "' failed to satisfy constraint: Member must satisfy enum value set"}
	}
	if m.pattern != nil && m.pattern.says == "" && !m.pattern.matches(value) {
		violated("satisfy regular expression pattern: " + m.pattern.text)
	}
	if !m.bounded {
		return violations
	}
	// A code unit is one to three bytes: most values need not be counted.
	if len(value) >= 3*m.min && (m.max < 0 || len(value) <= m.max) {
		return violations
	}
	n := utf16Length(value)
	if n < m.min {
		violated("have length greater than or equal to " + strconv.Itoa(m.min))
	}
	if m.max >= 0 && n > m.max {
		violated("have length less than or equal to " + strconv.Itoa(m.max))
	}
	return violations
}

// utf16Length counts UTF-16 code units, as AWS does (observed).
func utf16Length(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}
