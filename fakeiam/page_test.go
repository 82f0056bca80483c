package fakeiam_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/fakeiam"
)

// A123: every operation that lists takes the same numbers and markers, and what
// it lists page by page is what it lists at once.
func TestA123_EveryListPageByPage(t *testing.T) {
	t.Parallel()
	w, _ := newTarget(t)
	for _, name := range []string{"a", "b", "c"} {
		w.policy("/", name)
		w.ok("PutRolePolicy", "RoleName", "App", "PolicyName", name, "PolicyDocument", reads)
		w.ok("AttachRolePolicy", "RoleName", "App", "PolicyArn", mine+name)
		w.ok("AttachGroupPolicy", "GroupName", "App", "PolicyArn", mine+"read")
		w.ok("CreatePolicyVersion", "PolicyArn", mine+"read", "PolicyDocument", reads)
		w.ok("TagPolicy", "PolicyArn", mine+"read", "Tags.member.1.Key", name, "Tags.member.1.Value", name)
	}
	for _, o := range fakeiam.Operations() {
		lists := strings.HasPrefix(o.Name, "List") || strings.HasPrefix(o.Name, "Simulate") || o.Name == "GetGroup" || o.Name == "GetAccountAuthorizationDetails"
		if !o.Served || !lists || o.Name == "ListOpenIDConnectProviders" {
			continue
		}
		send := func(more string) answer {
			return w.send(root, "Action="+o.Name+"&Version=2010-05-08&"+anyForm.Encode()+"&Scope=Local&"+more, nil)
		}
		for value, status := range map[string]int{"01": 200, "%2B1": 200, "1000": 200, "+1+": 400, "1001": 400, "0": 400, "": 400, "1.0": 400} {
			if a := send("MaxItems=" + value); a.status != status {
				t.Errorf("%s MaxItems %q: %d %s", o.Name, value, a.status, a.body)
			}
		}
		whole, one := send("").body, []string{}
		if len(told(whole)) == 0 {
			continue // a list that is always empty
		}
		if a := send("Marker=!"); a.status != 400 || element(a.body, "Code") != "ValidationError" {
			t.Errorf("%s with a marker that is none: %d %s", o.Name, a.status, a.body)
		}
		for marker, more := "", true; more; more = marker != "" {
			page := "MaxItems=1"
			if marker != "" {
				page += "&Marker=" + marker
			}
			body := send(page).body
			one, marker = append(one, told(body)...), element(body, "Marker")
		}
		if got, want := fmt.Sprint(one), fmt.Sprint(told(whole)); got != want {
			t.Errorf("%s page by page: %s, at once: %s", o.Name, got, want)
		}
	}
}

// told are the names and keys in an answer.
func told(body string) (all []string) {
	for _, name := range []string{"PolicyName", "PolicyArn", "Arn", "VersionId", "Key", "RoleName", "EvalActionName", "AccessKeyId"} {
		if found := elements(body, name); len(found) > 0 {
			return found
		}
	}
	return elements(body, "member")
}
