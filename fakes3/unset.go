package fakes3

import (
	"encoding/xml"
	"net/http"

	"github.com/irsatz/irsatz/internal/awsapi"
)

// notSet are the answers to reading a configuration that a bucket does not
// have. No bucket here can have it, because setting it is not implemented.
//
// DIVERGES: a new bucket of AWS blocks public access; here nothing does, so
// GetPublicAccessBlock says that there is no such configuration.
var notSet = map[string][2]string{
	"GetBucketCors":                   {"NoSuchCORSConfiguration", "The CORS configuration does not exist"},
	"GetBucketLifecycleConfiguration": {"NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"},
	"GetBucketWebsite":                {"NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"},
	"GetBucketReplication":            {"ReplicationConfigurationNotFoundError", "The replication configuration was not found"},
	"GetObjectLockConfiguration":      {"ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"},
	"GetPublicAccessBlock":            {"NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"},
}

// defaults are the answers to reading a configuration that every bucket has.
var defaults = map[string]string{
	"GetBucketEncryption":                `<ServerSideEncryptionConfiguration xmlns="` + xmlNamespace + `"><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>`,
	"GetBucketOwnershipControls":         `<OwnershipControls xmlns="` + xmlNamespace + `"><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>`,
	"GetBucketRequestPayment":            `<RequestPaymentConfiguration xmlns="` + xmlNamespace + `"><Payer>BucketOwner</Payer></RequestPaymentConfiguration>`,
	"GetBucketLogging":                   `<BucketLoggingStatus xmlns="` + xmlNamespace + `"/>`,
	"GetBucketAccelerateConfiguration":   `<AccelerateConfiguration xmlns="` + xmlNamespace + `"/>`,
	"GetBucketNotificationConfiguration": `<NotificationConfiguration xmlns="` + xmlNamespace + `"/>`,
}

// getConfiguration reads a configuration that cannot be changed.
func (x *exchange) getConfiguration() *awsapi.Error {
	if e, ok := notSet[x.op.name]; ok {
		return fail(http.StatusNotFound, e[0], e[1], detail("BucketName", x.name))
	}
	body, ok := defaults[x.op.name]
	if !ok {
		return internal(nil)
	}
	x.answer(http.StatusOK, []byte(xml.Header+body))
	return nil
}

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

// getACL serves GetBucketAcl and GetObjectAcl: with ACLs off, the owner has
// everything and nobody else has anything.
func (x *exchange) getACL() *awsapi.Error {
	who := canonicalUser(x.bucket.owner)
	return x.answerXML(accessControl{Xmlns: xmlNamespace, Owner: who, Grants: []grant{{
		Grantee:    grantee{Instance: "http://www.w3.org/2001/XMLSchema-instance", Type: "CanonicalUser", ID: who.ID},
		Permission: "FULL_CONTROL",
	}}})
}
