package manifest_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/manifest"
)

func document(json string) manifest.Document { return manifest.Document{JSON: []byte(json)} }

// stored is a statement of an entity that has its unique ID.
func stored(s string) manifest.Document {
	d := statement(s)
	d.Stored = true
	return d
}

func statement(s string) manifest.Document {
	return document(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + s + `}]}`)
}

// wholeState is what testdata/whole.yaml says.
func wholeState() *manifest.State {
	const prod, tools = "111122223333", "444455556666"
	then, later := time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC), time.Date(2025, 6, 7, 8, 9, 10, 0, time.UTC)
	red := []manifest.Tag{{Key: "team", Value: "red"}}
	const issuer = "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
	return &manifest.State{
		Account: prod, Region: "eu-west-1",
		Aliases: []manifest.Alias{{AccountID: prod, Name: "example-prod"}, {AccountID: tools, Name: "example-tools"}},
		Clusters: []manifest.Cluster{
			{AccountID: prod, Region: "eu-west-1", Name: "prod", OIDCIssuer: issuer},
			{AccountID: tools, Region: "eu-central-1", Name: "tools"},
		},
		OIDCProviders: []manifest.OIDCProvider{{
			AccountID: prod, URL: issuer, ClientIDList: []string{"sts.amazonaws.com"},
			ThumbprintList: []string{"9e99a48a9960b14926bb7f3b02e22da2b0ab7280"}, Created: then, Tags: []manifest.Tag{{Key: "team", Value: "platform"}},
		}},
		Policies: []manifest.Policy{
			{
				AccountID: prod, Name: "read-reports", Path: "/teams/red/", ID: "ANPAEXAMPLEREADREPORT", Description: "Read the reports.",
				Versions: []manifest.PolicyVersion{
					{ID: "v1", Created: then, Document: stored(`"Action":"s3:*","Resource":"*"`)},
					{ID: "v3", Created: later, Document: stored(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"`)},
				},
				DefaultVersion: "v3", Created: then, Updated: later, Tags: red,
			},
			{AccountID: prod, Name: "boundary", Path: "/", Document: statement(`"Action":"s3:*","Resource":"*"`)},
		},
		Roles: []manifest.Role{
			{
				AccountID: prod, Name: "nodes", Path: "/service/", ID: "AROAEXAMPLENODESROLE1", Description: "Of the nodes.",
				TrustPolicy: stored(`"Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"`), MaxSessionDuration: 7200,
				ManagedPolicyARNs:   []string{"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy", "arn:aws:iam::111122223333:policy/teams/red/read-reports"},
				InlinePolicies:      []manifest.InlinePolicy{{Name: "logs", Document: stored(`"Action":"logs:PutLogEvents","Resource":"*"`)}},
				PermissionsBoundary: "arn:aws:iam::111122223333:policy/boundary", Created: then, Tags: red,
			},
			{
				AccountID: tools, Name: "nodes", Path: "/", MaxSessionDuration: 3600,
				TrustPolicy: statement(`"Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"`),
			},
		},
		Groups: []manifest.Group{{
			AccountID: prod, Name: "readers", Path: "/teams/", ID: "AGPAEXAMPLEREADERS001",
			ManagedPolicyARNs: []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"},
			InlinePolicies:    []manifest.InlinePolicy{{Name: "list", Document: stored(`"Action":"s3:ListAllMyBuckets","Resource":"*"`)}},
			Created:           then,
		}},
		Users: []manifest.User{{
			AccountID: prod, Name: "ci", Path: "/bots/", ID: "AIDAEXAMPLECIUSER0001", Groups: []string{"readers"},
			AccessKeys: []manifest.AccessKey{
				{ID: "AKIAEXAMPLECI0000001", Secret: "first-secret", Inactive: true, Created: then},
				{ID: "AKIAEXAMPLECI0000002", Secret: "second-secret"},
			},
			ManagedPolicyARNs:   []string{"arn:aws:iam::111122223333:policy/teams/red/read-reports"},
			PermissionsBoundary: "arn:aws:iam::111122223333:policy/boundary", Created: then, Tags: []manifest.Tag{{Key: "kind", Value: "bot"}},
		}},
		InstanceProfiles: []manifest.InstanceProfile{
			{AccountID: prod, Name: "nodes", Path: "/service/", ID: "AIPAEXAMPLENODES00001", Role: "nodes", Created: then, Tags: red},
			{AccountID: prod, Name: "empty", Path: "/"},
		},
	}
}

// TestWhole reads everything that IAM can hold.
func TestWhole(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(wholeState(), load(t, filepath.Join("testdata", "whole.yaml")), ignorePos); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
