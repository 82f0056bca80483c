package fakes3

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/shape"
)

// configuration is a sub-resource of a bucket that is one document, or one by
// every id.
//
// DIVERGES: what AWS does in the background is stored and answered, and nothing
// else: no object expires or moves to another class by a lifecycle rule, none is
// replicated, no event is delivered, no log, inventory or analysis is written, and
// no website is served.
type configuration struct {
	shape shape.Shape
	// check refuses what the shape lets pass, and completes the document.
	check func(*exchange, *shape.Element) *awsapi.Error
	// allowed refuses the document for what else is set on the bucket at that
	// moment.
	allowed func(*settings) *awsapi.Error
	// without is the document of a bucket that was never given one; nil if it is
	// an error to ask for it, which code and message then word.
	without       []byte
	code, message string
	// list is the element of a page of the configurations that have an id.
	list string
}

const (
	noConfiguration = "The specified configuration does not exist."
	pageOfConfigs   = 100
	mostConfigs     = 1000
)

// configurations by sub-resource. Those of a new bucket are in initialDocuments.
var configurations = map[string]*configuration{
	"abac":                {shape: abacShape, without: document("AbacStatus", "<Status>Disabled</Status>")},
	"accelerate":          {shape: accelerateShape, check: checkAccelerate, without: document("AccelerateConfiguration", "")},
	"analytics":           {shape: analyticsShape, check: checkID, code: "NoSuchConfiguration", message: noConfiguration, list: "ListBucketAnalyticsConfigurationResult"},
	"cors":                {shape: corsShape, check: checkCORS, code: "NoSuchCORSConfiguration", message: "The CORS configuration does not exist"},
	"encryption":          {shape: encryptionShape, check: checkEncryption, without: document("ServerSideEncryptionConfiguration", "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled><BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes></Rule>")},
	"intelligent-tiering": {shape: tieringShape, check: checkID, code: "NoSuchConfiguration", message: noConfiguration, list: "ListBucketIntelligentTieringConfigurationsOutput"},
	"inventory":           {shape: inventoryShape, check: checkInventory, code: "NoSuchConfiguration", message: noConfiguration, list: "ListInventoryConfigurationsResult"},
	"lifecycle":           {shape: lifecycleShape, check: checkLifecycle, code: "NoSuchLifecycleConfiguration", message: "The lifecycle configuration does not exist"},
	"logging":             {shape: loggingShape, check: checkLogging, without: document("BucketLoggingStatus", "")},
	"metrics":             {shape: metricsShape, check: checkID, code: "NoSuchConfiguration", message: noConfiguration, list: "ListMetricsConfigurationsResult"},
	"notification":        {shape: notificationShape, check: checkNotification, without: document("NotificationConfiguration", "")},
	"object-lock":         {shape: lockShape, check: checkLock, allowed: wantVersions, code: "ObjectLockConfigurationNotFoundError", message: "Object Lock configuration does not exist for this bucket"},
	"ownershipControls":   {shape: ownershipShape, code: "OwnershipControlsNotFoundError", message: "The bucket ownership controls were not found"},
	blockDocument:         {shape: publicAccessShape, check: completePublicAccess, code: "NoSuchPublicAccessBlockConfiguration", message: "The public access block configuration was not found"},
	"replication":         {shape: replicationShape, check: checkReplication, code: "ReplicationConfigurationNotFoundError", message: "The replication configuration was not found"},
	"requestPayment":      {shape: paymentShape, without: document("RequestPaymentConfiguration", "<Payer>BucketOwner</Payer>")},
	"website":             {shape: websiteShape, check: checkWebsite, code: "NoSuchWebsiteConfiguration", message: "The specified bucket does not have a website configuration"},
}

// configuration returns the configuration that the request is about, and the
// name of its document.
func (x *exchange) configuration() (c *configuration, name string) {
	c, name = configurations[x.op.sub], x.op.sub
	if id, ok := param(x.params, "id"); ok {
		name += "/" + id
	}
	return c, name
}

// document is a whole document of S3's namespace.
func document(root, content string) []byte {
	head := xml.Header + "<" + root + ` xmlns="` + xmlNamespace + `"`
	if content == "" {
		return []byte(head + "/>")
	}
	return []byte(head + ">" + content + "</" + root + ">")
}

// initialDocuments are the configurations of a new bucket. Since April 2023
// nothing of it is public and ACLs are off.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
func initialDocuments() map[string][]byte {
	return map[string][]byte{
		"ownershipControls": ownershipDocument(ownerEnforced),
		blockDocument: document("PublicAccessBlockConfiguration", "<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>"+
			"<BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>"),
	}
}

func ownershipDocument(of string) []byte {
	return document("OwnershipControls", "<Rule><ObjectOwnership>"+of+"</ObjectOwnership></Rule>")
}

// getConfiguration serves GetBucket… of a configuration.
func (x *exchange) getConfiguration() *awsapi.Error {
	c, name := x.configuration()
	body, ok := x.settings.documents[name]
	switch {
	case ok:
	case c.without != nil:
		body = c.without
	case c.list != "":
		return fail(http.StatusNotFound, c.code, c.message)
	default:
		return fail(http.StatusNotFound, c.code, c.message, detail("BucketName", x.name))
	}
	x.answer(http.StatusOK, body)
	return nil
}

// putConfiguration serves PutBucket… of a configuration.
func (x *exchange) putConfiguration() *awsapi.Error { return x.storeConfiguration(func(*settings) {}) }

// storeConfiguration stores the document of the request, and what also changes
// with it.
func (x *exchange) storeConfiguration(also func(*settings)) *awsapi.Error {
	e, ok := x.early.(*shape.Element)
	if !ok {
		var err *awsapi.Error
		if e, err = x.readShape(configurations[x.op.sub].shape); err != nil {
			return err
		}
	}
	c, name := x.configuration()
	if c.check != nil {
		if err := c.check(x, e); err != nil {
			return err
		}
	}
	err := x.store.configure(x.bucket, func(s *settings) *awsapi.Error {
		if c.allowed != nil {
			if err := c.allowed(s); err != nil {
				return err
			}
		}
		if c.list != "" && s.documents[name] == nil && len(s.named(x.op.sub)) >= mostConfigs {
			return badRequest("TooManyConfigurations", "You are attempting to create a new configuration but have already reached the 1,000-configuration limit.")
		}
		s.documents[name] = e.Marshal(xmlNamespace)
		also(s)
		return nil
	})
	if err != nil {
		return err
	}
	return x.done(http.StatusOK)
}

// readShape reads the body, which is a document of this shape.
func (x *exchange) readShape(of shape.Shape) (*shape.Element, *awsapi.Error) {
	body, err := x.readSmall()
	if err != nil {
		return nil, err
	}
	e, serr := of.Read(body, xmlNamespace)
	if serr != nil {
		x.call.Explain(serr.Error(), "")
		return nil, malformedXML()
	}
	return e, nil
}

// deleteConfiguration serves DeleteBucket… of a configuration.
func (x *exchange) deleteConfiguration() *awsapi.Error {
	c, name := x.configuration()
	err := x.store.configure(x.bucket, func(s *settings) *awsapi.Error {
		if c.list != "" && s.documents[name] == nil {
			return fail(http.StatusNotFound, c.code, c.message)
		}
		delete(s.documents, name)
		if name == "lifecycle" {
			delete(s.documents, minimumSizeOf)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return x.done(http.StatusNoContent)
}

// named returns the names of the documents of a sub-resource that has several,
// in order.
func (s *settings) named(sub string) []string {
	var names []string
	for name := range s.documents {
		if strings.HasPrefix(name, sub+"/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// listConfigurations serves ListBucket…Configurations, a hundred at a time.
func (x *exchange) listConfigurations() *awsapi.Error {
	c, sub := x.configuration()
	after, err := x.token()
	if err != nil {
		return err
	}
	var content strings.Builder
	token, _ := param(x.params, "continuation-token")
	if token != "" {
		element(&content, "ContinuationToken", token)
	}
	names := x.settings.named(sub)
	i, found := slices.BinarySearch(names, after)
	if found {
		i++
	}
	page := names[i:min(len(names), i+pageOfConfigs)]
	truncated := i+len(page) < len(names)
	element(&content, "IsTruncated", strconv.FormatBool(truncated))
	if truncated {
		element(&content, "NextContinuationToken", seal(page[len(page)-1]))
	}
	for _, name := range page {
		content.Write(bytes.TrimPrefix(x.settings.documents[name], []byte(xml.Header)))
	}
	x.answer(http.StatusOK, document(c.list, content.String()))
	return nil
}
