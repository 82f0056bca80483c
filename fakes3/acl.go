package fakes3

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"slices"

	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/shape"
)

type accessControl struct {
	XMLName xml.Name `xml:"AccessControlPolicy"`
	Xmlns   string   `xml:"xmlns,attr"`
	Owner   *owner   `xml:"Owner"`
	Grants  []grant  `xml:"AccessControlList>Grant"`
}

type grant struct {
	Grantee    grantee `xml:"Grantee"`
	Permission string  `xml:"Permission"`
}

type grantee struct {
	Instance string `xml:"xmlns:xsi,attr"`
	Type     string `xml:"xsi:type,attr"`
	ID       string `xml:"ID"`
}

const fullControl = "FULL_CONTROL"

// getACL serves GetBucketAcl and GetObjectAcl: the owner has everything and
// nobody else has anything.
func (x *exchange) getACL() *awsapi.Error {
	who := canonicalUser(x.bucket.Owner)
	return x.answerXML(accessControl{Xmlns: xmlNamespace, Owner: who, Grants: []grant{{
		Grantee:    grantee{Instance: "http://www.w3.org/2001/XMLSchema-instance", Type: "CanonicalUser", ID: who.ID},
		Permission: fullControl,
	}}})
}

var aclShape = shape.MustParse("AccessControlPolicy { Owner { ID DisplayName? } AccessControlList { Grant* {" + granted + " Permission:FULL_CONTROL|READ|WRITE|READ_ACP|WRITE_ACP } } }")

// putACL serves PutBucketAcl and PutObjectAcl, which can only say again what is
// so anyway.
func (x *exchange) putACL() *awsapi.Error {
	if x.settings.ownership == ownerEnforced {
		return aclsOff()
	}
	body, err := x.readSmall()
	if err != nil {
		return err
	}
	canned, headers := x.header.Get("X-Amz-Acl"), grants(x.header)
	switch {
	case len(bytes.TrimSpace(body)) > 0 && (canned != "" || len(headers) > 0):
		return badRequest("UnexpectedContent", "This request does not support content")
	case canned == "" && len(headers) == 0 && len(bytes.TrimSpace(body)) == 0:
		return badRequest("MissingSecurityHeader", "Your request was missing a required header", detail("MissingHeaderName", "x-amz-acl"))
	case len(bytes.TrimSpace(body)) > 0:
		if err := x.checkGrants(body); err != nil {
			return err
		}
	default:
		if err := x.checkACL(); err != nil {
			return err
		}
	}
	if x.op.target == toObject {
		x.stampVersion()
	}
	return x.done(http.StatusOK)
}

// checkGrants refuses an ACL that grants anything to anybody but the owner.
func (x *exchange) checkGrants(body []byte) *awsapi.Error {
	e, err := aclShape.Read(body, xmlNamespace)
	if err != nil {
		x.call.Explain(err.Error(), "")
		return badRequest("MalformedACLError", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	who := canonicalUser(x.bucket.Owner).ID
	if id := e.Get("Owner", "ID"); id != who {
		return invalidArgument("Invalid id", "CanonicalUser/ID", id)
	}
	for _, g := range e.Find("AccessControlList").All("Grant") {
		to := g.Find("Grantee")
		switch {
		case publicGroups[to.Get("URI")] && x.settings.access.blockACLs:
			return x.publicACL()
		case to.Type != "CanonicalUser" || to.Get("ID") != who || g.Get("Permission") != fullControl:
			return notImplemented("An ACL that grants something to others")
		}
	}
	return nil
}

var (
	// ownACLs are the canned ACLs that grant nothing to others, of objects that
	// are the bucket owner's.
	ownACLs    = []string{"private", "bucket-owner-full-control", "bucket-owner-read"}
	publicACLs = []string{"public-read", "public-read-write", "authenticated-read"}
	otherACLs  = []string{"aws-exec-read", "log-delivery-write"}

	publicGroups = map[string]bool{
		"http://acs.amazonaws.com/groups/global/AllUsers":           true,
		"http://acs.amazonaws.com/groups/global/AuthenticatedUsers": true,
	}
)

// checkACL refuses the ACL of the headers, unless it is the one that holds.
//
// DIVERGES: ACLs grant nothing. Where they are off, as in every new bucket, that
// is AWS's answer too; where PutBucketOwnershipControls has turned them on, an ACL
// that would grant something to others is not implemented.
func (x *exchange) checkACL() *awsapi.Error {
	values, given := x.header["X-Amz-Acl"]
	headers := grants(x.header)
	if !given && len(headers) == 0 {
		return nil
	}
	canned := x.header.Get("X-Amz-Acl")
	switch {
	case x.settings.ownership == ownerEnforced:
		if canned == "bucket-owner-full-control" && len(headers) == 0 {
			return nil
		}
		return aclsOff()
	case given && len(headers) > 0:
		return invalidRequest("Specifying both Canned ACLs and Header Grants is not allowed")
	case given && !slices.Contains(slices.Concat(ownACLs, publicACLs, otherACLs), values[0]):
		return invalidArgument("", "x-amz-acl", values[0])
	case slices.Contains(publicACLs, canned) && x.settings.access.blockACLs:
		return x.publicACL()
	case slices.Contains(ownACLs, canned):
		return nil
	}
	return notImplemented("An ACL that grants something to others")
}

// publicACL refuses an ACL that would let everybody in.
func (x *exchange) publicACL() *awsapi.Error {
	action := "PutObjectAcl"
	resource := x.resource()
	if x.op.target == toBucket {
		action, resource = "PutBucketAcl", arn.Bucket(x.name).String()
	}
	return x.prevented(action, resource, "ACLs", "BlockPublicAcls")
}

func aclsOff() *awsapi.Error {
	return badRequest("AccessControlListNotSupported", "The bucket does not allow ACLs")
}

// grants returns the names of the grant headers that are present.
func grants(h http.Header) []string {
	var out []string
	for _, name := range [...]string{"X-Amz-Grant-Full-Control", "X-Amz-Grant-Read", "X-Amz-Grant-Read-Acp", "X-Amz-Grant-Write", "X-Amz-Grant-Write-Acp"} {
		if h.Get(name) != "" {
			out = append(out, name)
		}
	}
	return out
}
