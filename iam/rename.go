package iam

import (
	"fmt"
	"strings"
)

// rename gives principals the names that name gives them in every trust policy,
// of whatever account.
func (d *Draft) rename(name func(principal string) string) error {
	for id := range d.next.accounts {
		for _, r := range d.next.account(id).roles {
			document, err := r.Trust.Document.Rename(name)
			if err != nil {
				return fmt.Errorf("trust policy of %s: %w", r.ARN, err)
			}
			if document == r.Trust.Document {
				continue
			}
			renamed := *r
			renamed.own()
			renamed.Trust.Document = document
			if _, err := d.putRole(d.account(id), &renamed); err != nil {
				return err
			}
		}
	}
	return nil
}

// as gives one principal another name.
func as(principal, to string) func(string) string {
	return func(name string) string {
		if name == principal {
			return to
		}
		return name
	}
}

// byID names the role, and its sessions, by the unique id. That sessions are named
// so too is inferred: AWS refuses to write one whose role is not there, and shows
// their ids in this form elsewhere.
func (r *Role) byID() func(string) string {
	role, sessions := as(r.ARN, r.ID), "arn:aws:sts::"+r.AccountID+":assumed-role/"+r.Name+"/"
	return func(name string) string {
		if session, ok := strings.CutPrefix(name, sessions); ok {
			return r.ID + ":" + session
		}
		return role(name)
	}
}
