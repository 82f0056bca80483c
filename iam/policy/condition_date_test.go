package policy_test

import "testing"

func TestConditionDate(t *testing.T) {
	t.Parallel()
	const now = "2026-11-23T08:00:00Z"
	checkConditions(t, []row{
		allow("C114 greater", "{'DateGreaterThan':{'aws:CurrentTime':'2026-11-23T07:59:59Z'}}", keys{"aws:CurrentTime": now}),
		allow("C114 greater than epoch", "{'DateGreaterThan':{'aws:CurrentTime':'1795420799'}}", keys{"aws:CurrentTime": now}),
		deny("C114 greater than the same epoch", "{'DateGreaterThan':{'aws:CurrentTime':'1795420800'}}", keys{"aws:CurrentTime": now}),
		allow("epoch key", "{'DateEquals':{'aws:EpochTime':'2026-11-23T08:00:00Z'}}", keys{"aws:EpochTime": "1795420800"}),
		allow("midnight", "{'DateEquals':{'aws:a':'2024-01-01'}}", keys{"aws:a": "2024-01-01T00:00:00Z"}),
		allow("month", "{'DateEquals':{'aws:a':'2024-03'}}", keys{"aws:a": "2024-03-01"}),
		allow("zone", "{'DateEquals':{'aws:a':'2026-11-23T10:00:00+02:00'}}", keys{"aws:a": now}),
		allow("zone to the west", "{'DateEquals':{'aws:a':'2026-11-23T03:00:00-05'}}", keys{"aws:a": now}),
		allow("lower case", "{'DateEquals':{'aws:a':'2026-11-23t08:00z'}}", keys{"aws:a": now}),
		allow("hour alone", "{'DateEquals':{'aws:a':'2026-11-23T08'}}", keys{"aws:a": now}),
		allow("fraction", "{'DateLessThan':{'aws:a':'2026-11-23T08:00:00.5Z'}}", keys{"aws:a": "2026-11-23T08:00:00.25Z"}),
		allow("less or equal", "{'DateLessThanEquals':{'aws:a':'2026-11-23'}}", keys{"aws:a": "2026-11-23"}),
		allow("greater or equal", "{'DateGreaterThanEquals':{'aws:a':'2026-11-23'}}", keys{"aws:a": now}),
		allow("not equal", "{'DateNotEquals':{'aws:a':'2026-11-23'}}", keys{"aws:a": now}),
		deny("no date in the request", "{'DateLessThan':{'aws:a':'2026-11-23'}}", keys{"aws:a": "yesterday"}),
		deny("no date in the request, negated", "{'DateNotEquals':{'aws:a':'2026-11-23'}}", keys{"aws:a": "2026-11-23T25:00:00Z"}),
		allow("before Christ", "{'DateLessThan':{'aws:a':'2026-11-23'}}", keys{"aws:a": "-44-03-15"}),
	})
}
