package policy

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"time"
)

// instant is a point in time.
type instant struct {
	seconds int64 // since 1970 in UTC
	nanos   int
}

// The years IAM accepts.
const (
	firstYear = -292275054
	lastYear  = 292278993
)

// parseInstant reads seconds since 1970, or the W3C profile of ISO 8601: a year,
// then as much of month, day, time and zone as there is.
// See https://www.w3.org/TR/NOTE-datetime.
func parseInstant(s string) (instant, bool) {
	if !strings.ContainsAny(s, "tT-") {
		n, ok := number(&s, len("9223372036854775807"), 0, math.MaxInt64)
		return instant{seconds: n}, ok && s == ""
	}
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	year, ok := number(&s, 9, 0, lastYear)
	if negative {
		year = -year
	}
	month, day := int64(1), int64(1)
	if ok && skip(&s, "-") {
		month, ok = number(&s, 2, 1, 12)
		if ok && skip(&s, "-") {
			day, ok = number(&s, 2, 1, 31)
		}
	}
	if !ok || year < firstYear {
		return instant{}, false
	}
	var clock clockTime
	if skip(&s, "T") || skip(&s, "t") {
		clock, ok = parseClock(&s)
	}
	if !ok || s != "" {
		return instant{}, false
	}
	midnight := time.Date(int(year), time.Month(month), int(day), 0, 0, 0, 0, time.UTC).Unix()
	return instant{midnight + clock.seconds, clock.nanos}, true
}

// clockTime is a time of day, as seconds since midnight in UTC.
type clockTime struct {
	seconds int64
	nanos   int
}

// parseClock reads what follows the T. Each part may be missing with those after it.
func parseClock(s *string) (clockTime, bool) {
	var t clockTime
	if *s == "" {
		return t, true
	}
	hour, ok := number(s, 2, 0, 23)
	t.seconds = hour * 3600
	if ok && skip(s, ":") {
		var minute int64
		minute, ok = number(s, 2, 0, 59)
		t.seconds += minute * 60
		if ok && skip(s, ":") {
			var second int64
			second, ok = number(s, 2, 0, 59)
			t.seconds += second
		}
	}
	if ok && skip(s, ".") {
		before := len(*s)
		var part int64
		part, ok = number(s, 9, 0, 999999999)
		for range 9 - (before - len(*s)) {
			part *= 10
		}
		t.nanos = int(part)
	}
	if !ok {
		return t, false
	}
	offset, ok := parseZone(s)
	t.seconds -= offset
	return t, ok
}

// parseZone reads a zone and returns its distance from UTC in seconds.
func parseZone(s *string) (int64, bool) {
	if *s == "" || skip(s, "Z") || skip(s, "z") {
		return 0, true
	}
	sign := int64(1)
	if skip(s, "-") {
		sign = -1
	} else if !skip(s, "+") {
		return 0, false
	}
	before := len(*s)
	hours, ok := number(s, 2, 0, 23)
	if !ok || before-len(*s) != 2 {
		return 0, false
	}
	var minutes int64
	if skip(s, ":") {
		before = len(*s)
		minutes, ok = number(s, 2, 0, 59)
		ok = ok && before-len(*s) == 2
	}
	return sign * (hours*3600 + minutes*60), ok
}

// number takes up to width digits from the front of s.
func number(s *string, width int, low, high int64) (int64, bool) {
	n := 0
	for n < len(*s) && n < width && '0' <= (*s)[n] && (*s)[n] <= '9' {
		n++
	}
	v, err := strconv.ParseInt((*s)[:n], 10, 64)
	*s = (*s)[n:]
	return v, err == nil && low <= v && v <= high
}

// skip takes prefix from the front of s if it is there.
func skip(s *string, prefix string) bool {
	rest, ok := strings.CutPrefix(*s, prefix)
	*s = rest
	return ok
}

func (i instant) compare(o instant) int {
	return cmp.Or(cmp.Compare(i.seconds, o.seconds), cmp.Compare(i.nanos, o.nanos))
}

// newDate makes the constructor of one date operator. Variables are not
// expanded in dates.
func newDate(holds func(int) bool) func([]string, language) tester {
	return newOrder(parseInstant, holds)
}
