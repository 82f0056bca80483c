package fakeiam_test

import (
	"strings"
	"testing"

	"github.com/irsatz/irsatz/internal/golden"
)

// TestNobodyHasAny: what cannot be made is listed as empty, and refused where it is
// named.
func TestNobodyHasAny(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.call(root, "CreateUser", "UserName", "app")
	for action, list := range map[string]string{
		"ListMFADevices": "MFADevices", "ListSSHPublicKeys": "SSHPublicKeys", "ListSigningCertificates": "Certificates", "ListServiceSpecificCredentials": "ServiceSpecificCredentials",
	} {
		empty := "<" + list + "/>\n    <IsTruncated>false</IsTruncated>"
		for name, a := range map[string]answer{
			"of a user": w.call(root, action, "UserName", "app", "MaxItems", "1"),
			"of root":   w.call(root, action),
			"its own":   w.call(w.user(strings.ToLower(action), allowing("iam:"+action)), action),
		} {
			if a.status != 200 || !strings.Contains(a.body, empty) {
				t.Errorf("%s %s: %d %s", action, name, a.status, a.body)
			}
		}
		if a := w.call(root, action, "UserName", "none"); a.status != 404 || !strings.Contains(a.body, "The user with name none cannot be found.") {
			t.Errorf("%s of nobody: %d %s", action, a.status, a.body)
		}
		if a := w.callAs(w.session(allowing("iam:*")), action); a.status != 400 || !strings.Contains(a.body, "Must specify userName when calling with non-User credentials") {
			t.Errorf("%s of a role: %d %s", action, a.status, a.body)
		}
	}
	for _, action := range []string{"GetLoginProfile", "DeleteLoginProfile"} {
		if a := w.call(root, action, "UserName", "app"); a.status != 404 || !strings.Contains(a.body, "Login Profile for User app cannot be found.") {
			t.Errorf("%s: %d %s", action, a.status, a.body)
		}
		if a := w.call(root, action, "UserName", "none"); a.status != 404 || !strings.Contains(a.body, "The user with name none cannot be found.") {
			t.Errorf("%s of nobody: %d %s", action, a.status, a.body)
		}
	}
	golden.Check(t, "list_virtual_mfa_devices.xml", w.call(root, "ListVirtualMFADevices", "AssignmentStatus", "Assigned").body)
	if a := w.call(root, "ListVirtualMFADevices", "AssignmentStatus", "assigned"); a.status != 400 {
		t.Errorf("no such status: %d %s", a.status, a.body)
	}
	if a := w.call(root, "ListServiceSpecificCredentials", "AllUsers", "true"); a.status != 200 {
		t.Errorf("credentials of all users: %d %s", a.status, a.body)
	}
}

func TestCredentialGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.call(root, "CreateUser", "UserName", "app", "Path", "/team/")
	app := []string{"UserName", "app"}
	w.gate([]gateCase{
		{"devices of another", on("iam:ListMFADevices", userARN+"${aws:username}", ""), "ListMFADevices", app, "user app"},
		{"keys, by the ARN", on("iam:ListSSHPublicKeys", userARN+"team/app", ""), "ListSSHPublicKeys", app, ""},
		{"certificates", "", "ListSigningCertificates", app, "user app"},
		{"credentials of all", on("iam:ListServiceSpecificCredentials", userARN+"*", ""), "ListServiceSpecificCredentials", []string{"AllUsers", "1"}, "*"},
		{"virtual devices", allowing("iam:ListMFADevices"), "ListVirtualMFADevices", nil, "arn:aws:iam::" + account + ":mfa/"},
		{"password", allowing("iam:GetUser"), "GetLoginProfile", app, "user app"},
	})
}
