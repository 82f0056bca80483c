package fakes3

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"slices"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/shape"
)

const listTime = "2006-01-02T15:04:05.000Z"

type owner struct {
	ID          string `xml:"ID"`
	DisplayName string `xml:"DisplayName,omitempty"`
}

// canonicalUser returns the account as S3's canonical user, 64 hex digits.
func canonicalUser(account string) *owner {
	sum := sha256.Sum256([]byte("irsatz canonical user " + account))
	return &owner{ID: hex.EncodeToString(sum[:])}
}

type listBucketsResult struct {
	XMLName xml.Name     `xml:"ListAllMyBucketsResult"`
	Xmlns   string       `xml:"xmlns,attr"`
	Owner   *owner       `xml:"Owner"`
	Buckets []bucketItem `xml:"Buckets>Bucket"`
	Token   string       `xml:"ContinuationToken,omitempty"`
	Prefix  string       `xml:"Prefix,omitempty"`
}

type bucketItem struct {
	Name    string `xml:"Name"`
	Created string `xml:"CreationDate"`
	Region  string `xml:"BucketRegion,omitempty"`
	ARN     string `xml:"BucketArn"`
}

// regions are those of AWS.
//
// https://docs.aws.amazon.com/general/latest/gr/s3.html
const regions = " us-east-1 us-east-2 us-west-1 us-west-2 af-south-1 ap-east-1 ap-east-2 ap-south-1 ap-south-2 " +
	"ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 " +
	"ap-northeast-1 ap-northeast-2 ap-northeast-3 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-west-1 eu-west-2 " +
	"eu-west-3 eu-south-1 eu-south-2 eu-north-1 il-central-1 me-south-1 me-central-1 mx-central-1 sa-east-1 " +
	"us-gov-east-1 us-gov-west-1 cn-north-1 cn-northwest-1 "

// listBuckets lists all buckets of the caller's account: who may list sees
// them all, whatever else it may do with them.
func (x *exchange) listBuckets() *awsapi.Error {
	out := listBucketsResult{Xmlns: xmlNamespace, Owner: canonicalUser(x.call.Caller.AccountID)}
	most, err := x.number("max-buckets", 10000)
	if err != nil {
		return err
	}
	region, elsewhere := param(x.params, "bucket-region")
	elsewhere = elsewhere && region != x.config.Region
	if elsewhere && !strings.Contains(regions, " "+region+" ") {
		return badRequest("InvalidArgument", "Argument value "+region+" is not a valid AWS Region", detail("ArgumentName", "bucket-region"))
	}
	out.Prefix, _ = param(x.params, "prefix")
	after := ""
	if raw, _ := param(x.params, "continuation-token"); raw != "" {
		if after, err = x.token(); err != nil {
			return err
		}
	}
	if elsewhere {
		return x.answerXML(out)
	}
	owned, err := x.store.owned(x.call.Caller.AccountID)
	if err != nil {
		return err
	}
	for _, b := range owned {
		if !strings.HasPrefix(b.Name, out.Prefix) || b.Name <= after {
			continue
		}
		if len(out.Buckets) == most {
			out.Token = seal(out.Buckets[most-1].Name)
			break
		}
		out.Buckets = append(out.Buckets, bucketItem{Name: b.Name, Created: b.Created.Format(listTime), Region: x.config.Region, ARN: arn.Bucket(b.Name).String()})
	}
	return x.answerXML(out)
}

var createShape = shape.MustParse("CreateBucketConfiguration { LocationConstraint? Tags? { Tag* { Key Value } } Location? { Name? Type? } Bucket? { DataRedundancy? Type? } }")

// createBucketRequest is the body of CreateBucket.
type createBucketRequest struct {
	region    string
	tags      []iam.Tag
	directory bool
}

// decodeCreateBucket reads the configuration, which may be left out.
func (x *exchange) decodeCreateBucket() *awsapi.Error {
	in := new(createBucketRequest)
	x.early = in
	body, err := x.readSmall()
	if err != nil || len(bytes.TrimSpace(body)) == 0 {
		return err
	}
	e, serr := createShape.Read(body, xmlNamespace)
	if serr != nil {
		x.call.Explain(serr.Error(), "")
		return malformedXML()
	}
	in.region, in.directory = e.Get("LocationConstraint"), e.Find("Location") != nil || e.Find("Bucket") != nil
	if tags := e.Find("Tags"); tags != nil {
		in.tags = tagsOf(tags)
	}
	return nil
}

// fill sets the condition keys of the actions that CreateBucket needs.
func (in *createBucketRequest) fill(ctx *policy.Context, action string, h http.Header) {
	switch action {
	case "CreateBucket":
		if in.region != "" {
			ctx.Set("s3:locationconstraint", in.region)
		}
		for _, name := range [...]string{"x-amz-object-ownership", "x-amz-bucket-namespace"} {
			if v := h.Get(name); v != "" {
				ctx.Set("s3:"+name, v)
			}
		}
	case "TagResource":
	default:
		return
	}
	keys := make([]string, len(in.tags))
	for i, t := range in.tags {
		keys[i] = t.Key
		ctx.Set("aws:RequestTag/"+t.Key, t.Value)
	}
	if len(keys) > 0 {
		ctx.SetValues("aws:TagKeys", keys...)
	}
}

// actions returns what CreateBucket needs besides s3:CreateBucket.
func (in *createBucketRequest) actions(h http.Header) (actions []string) {
	if acl := h.Get("X-Amz-Acl"); acl != "" && acl != "private" || len(grants(h)) > 0 {
		actions = append(actions, "PutBucketAcl")
	}
	if strings.EqualFold(h.Get("X-Amz-Bucket-Object-Lock-Enabled"), "true") {
		actions = append(actions, "PutBucketObjectLockConfiguration", "PutBucketVersioning")
	}
	if h.Get("X-Amz-Object-Ownership") != "" {
		actions = append(actions, "PutBucketOwnershipControls")
	}
	if len(in.tags) > 0 {
		actions = append(actions, "TagResource")
	}
	return actions
}

func (x *exchange) createBucket() *awsapi.Error {
	in := x.early.(*createBucketRequest) //nolint:errcheck // set by decodeCreateBucket
	if err := x.checkCreate(in); err != nil {
		return err
	}
	as, err := x.newBucket(in.tags)
	if err != nil {
		return err
	}
	err = x.store.create(x.name, x.call.Caller.AccountID, as)
	eldest := x.config.Region == "us-east-1"
	// There creating one's own bucket again is no error, unless it is to have tags.
	if err != nil && (err.Code != "BucketAlreadyOwnedByYou" || !eldest || len(in.tags) > 0) {
		return err
	}
	h := x.w.Header()
	h["Location"] = []string{"/" + x.name}
	if !eldest {
		h["Location"] = []string{"http://" + x.name + ".s3.amazonaws.com/"}
	}
	h["X-Amz-Bucket-Arn"] = []string{arn.Bucket(x.name).String()}
	return x.done(http.StatusOK)
}

// newBucket returns the settings of the bucket that the headers want.
func (x *exchange) newBucket(tags []iam.Tag) (*settings, *awsapi.Error) {
	if err := checkTags(tags, bucketTags); err != nil {
		return nil, err
	}
	as := settings{tags: canonicalTags(tags), documents: initialDocuments()}
	if ownership := x.header.Get("X-Amz-Object-Ownership"); ownership != "" {
		as.documents["ownershipControls"] = ownershipDocument(ownership)
	}
	if strings.EqualFold(x.header.Get("X-Amz-Bucket-Object-Lock-Enabled"), "true") {
		as.versioning, as.documents["object-lock"] = storage.Enabled, lockDocument()
	}
	settled, err := newSettings(as)
	if err != nil {
		return nil, internal(err)
	}
	return settled, nil
}

// reserved reports whether S3 keeps the name to itself: of access points and other
// kinds of bucket. None can be made under it.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
func reserved(name string) bool {
	for _, begin := range [...]string{"xn--", "sthree-", "amzn-s3-demo-"} {
		if strings.HasPrefix(name, begin) {
			return true
		}
	}
	for _, end := range [...]string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// checkCreate refuses buckets of a kind or place that irsatz does not have.
func (x *exchange) checkCreate(in *createBucketRequest) *awsapi.Error {
	h, region := x.header, x.config.Region
	switch {
	case in.directory:
		return notImplemented("A directory bucket")
	case reserved(x.name):
		return invalidBucketName(x.name)
	case region == "us-east-1" && in.region != "" && (in.region == region || in.region != "EU" && !strings.Contains(regions, " "+in.region+" ")):
		return badRequest("InvalidLocationConstraint", "The specified location-constraint is not valid", detail("LocationConstraint", in.region))
	case in.region == "EU" && region == "eu-west-1": // as it was called once
	case in.region != region && (in.region != "" || region != "us-east-1"):
		named := in.region
		if named == "" {
			named = "unspecified"
		}
		return badRequest("IllegalLocationConstraintException", "The "+named+" location constraint is incompatible for the region specific endpoint this request was sent to.")
	}
	given, has := h["X-Amz-Object-Ownership"]
	if has && given[0] != ownerEnforced && given[0] != ownerPreferred && given[0] != objectWriter {
		return badRequest("InvalidArgument", "Invalid x-amz-object-ownership header: "+given[0], detail("ArgumentName", "x-amz-object-ownership"))
	}
	acl := h.Get("X-Amz-Acl")
	switch {
	case (acl == "" || acl == "private") && len(grants(h)) == 0:
		return nil
	case !has || given[0] == ownerEnforced:
		return badRequest("InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
	case slices.Contains(publicACLs, acl):
		return badRequest("InvalidBucketAclWithBlockPublicAccessError", "Bucket cannot have public ACLs set with BlockPublicAccess enabled")
	}
	return notImplemented("An ACL that grants something to others")
}

func (x *exchange) headBucket() *awsapi.Error {
	h := x.w.Header()
	h["X-Amz-Bucket-Arn"] = []string{arn.Bucket(x.name).String()}
	h["X-Amz-Access-Point-Alias"] = []string{"false"}
	h["Content-Type"] = []string{"application/xml"}
	return x.done(http.StatusOK)
}

func (x *exchange) deleteBucket() *awsapi.Error {
	b := &backend{x: x}
	if _, err := b.run("", make(http.Header)); err != nil {
		if err.Code == "BucketNotEmpty" && x.bucket.versioned() {
			err.Message = bucketNotEmptyText + ". You must delete all versions in the bucket."
		}
		return err
	}
	return x.done(http.StatusNoContent)
}

type locationResult struct {
	XMLName xml.Name `xml:"LocationConstraint"`
	Xmlns   string   `xml:"xmlns,attr"`
	Region  string   `xml:",chardata"`
}

func (x *exchange) getBucketLocation() *awsapi.Error {
	out := locationResult{Xmlns: xmlNamespace, Region: x.config.Region}
	if out.Region == "us-east-1" {
		out.Region = "" // the classic region has no name
	}
	return x.answerXML(out)
}

type versioningConfiguration struct {
	XMLName xml.Name `xml:"VersioningConfiguration"`
	Xmlns   string   `xml:"xmlns,attr"`
	Status  string   `xml:"Status,omitempty"`
}

func (x *exchange) getBucketVersioning() *awsapi.Error {
	return x.answerXML(versioningConfiguration{Xmlns: xmlNamespace, Status: x.bucket.settings.versioning})
}

var versioningShape = shape.MustParse("VersioningConfiguration { Status?:Enabled|Suspended MfaDelete?:Enabled|Disabled }")

func (x *exchange) putBucketVersioning() *awsapi.Error {
	in, err := x.readShape(versioningShape)
	if err != nil {
		return err
	}
	status := in.Get("Status")
	switch {
	case in.Get("MfaDelete") == storage.Enabled:
		return notImplemented("MFA delete")
	case status == "":
		return badRequest("IllegalVersioningConfigurationException", "The Versioning element must be specified")
	}
	err = x.store.configure(x.bucket, func(s *settings) *awsapi.Error {
		if s.locks && status == storage.Suspended {
			return fail(http.StatusConflict, "InvalidBucketState", "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
		}
		s.versioning = status
		return nil
	})
	if err != nil {
		return err
	}
	return x.done(http.StatusOK)
}
