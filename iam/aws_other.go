package iam

import (
	"errors"
	"fmt"
)

// AddAWSPolicy adds an AWS managed policy that is not among those of this
// package, as an account has it that it is attached to: AWS takes policies out
// of use, and makes new ones. One that is there already stays as it is. Name,
// Path, Versions and the VersionID of the default are required.
func (d *Draft) AddAWSPolicy(p ManagedPolicy) (*ManagedPolicy, error) {
	p.AccountID, p.ARN = AWSAccount, policyARN(AWSAccount, p.Path, p.Name)
	if there, err := d.next.ManagedPolicy(p.ARN); !errors.Is(err, ErrNoSuchEntity) {
		return there, err
	}
	if err := checkName(p.Path, p.Name); err != nil {
		return nil, fmt.Errorf("AWS managed policy %s: %w", p.Name, err)
	}
	if p.ID == "" {
		p.ID = awsPolicyID(p.ARN)
	}
	d.date(&p.Created)
	if p.Updated.IsZero() {
		p.Updated = p.Created
	}
	p.own()
	return d.putPolicy(d.account(AWSAccount), &p)
}
