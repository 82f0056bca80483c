package fakes3

import (
	"net/http"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/shape"
)

// The checks below are those that AWS makes of a document beyond its schema,
// with its texts as recorded.

// checkID holds a document to the id in the query.
func checkID(x *exchange, e *shape.Element) *awsapi.Error {
	if id, _ := param(x.params, "id"); id != e.Get("Id") {
		if x.op.sub == "inventory" {
			return badRequest("IdMismatch", "Document ID does not match the specified configuration ID.")
		}
		return malformedXML()
	}
	return nil
}

func checkInventory(x *exchange, e *shape.Element) *awsapi.Error {
	if err := checkID(x, e); err != nil {
		return err
	}
	if _, ok := bucketOfARN(e.Get("Destination", "S3BucketDestination", "Bucket")); !ok {
		return badRequest("InvalidS3DestinationBucket", "Invalid bucket ARN.")
	}
	return nil
}

// bucketOfARN returns the name of the bucket whose ARN is given.
func bucketOfARN(s string) (string, bool) {
	a, err := arn.Parse(s)
	return a.Resource, err == nil && a == arn.Bucket(a.Resource) && bucketNamed(a.Resource)
}

func checkAccelerate(x *exchange, _ *shape.Element) *awsapi.Error {
	if strings.Contains(x.name, ".") {
		return invalidRequest("S3 Transfer Acceleration is not supported for buckets with periods (.) in their names")
	}
	return nil
}

// checkLogging wants a target that can be written to.
func checkLogging(x *exchange, e *shape.Element) *awsapi.Error {
	target := e.Find("LoggingEnabled")
	if target == nil {
		return nil
	}
	name := target.Get("TargetBucket")
	b, err := x.store.bucket(name)
	if err != nil {
		return badRequest("InvalidTargetBucketForLogging", "The target bucket for logging does not exist", detail("TargetBucket", name))
	}
	if b.Owner != x.bucket.Owner {
		return badRequest("InvalidTargetBucketForLogging", "The owner for the bucket to be logged and the target bucket must be the same.", detail("TargetBucket", name))
	}
	return nil
}

// checkNotification gives every destination an id, as AWS does.
func checkNotification(x *exchange, e *shape.Element) *awsapi.Error {
	for _, kind := range [...]string{"TopicConfiguration", "QueueConfiguration", "CloudFunctionConfiguration"} {
		for _, c := range e.All(kind) {
			if c.Get("Id") == "" {
				c.Set("Id", x.store.id(48))
			}
			for _, rule := range c.Find("Filter", "S3Key").All("FilterRule") {
				if name := rule.Get("Name"); !strings.EqualFold(name, "prefix") && !strings.EqualFold(name, "suffix") {
					return invalidArgument("filter rule name must be either prefix or suffix", "FilterRule.Name", name)
				}
			}
		}
	}
	return nil
}

// checkReplication wants versions on both sides.
func checkReplication(x *exchange, e *shape.Element) *awsapi.Error {
	if x.settings.versioning != storage.Enabled {
		return invalidRequest("Versioning must be 'Enabled' on the bucket to apply a replication configuration")
	}
	for _, rule := range e.All("Rule") {
		name, ok := bucketOfARN(rule.Get("Destination", "Bucket"))
		if !ok {
			return badRequest("InvalidArgument", "Invalid bucket ARN.", detail("ArgumentName", "Bucket"))
		}
		if b, err := x.store.bucket(name); err != nil || b.settings.versioning != storage.Enabled {
			return invalidRequest("Destination bucket must have versioning enabled.")
		}
	}
	return nil
}

// checkEncryption completes the document with whether bucket keys are used.
func checkEncryption(_ *exchange, e *shape.Element) *awsapi.Error {
	rule := e.Find("Rule")
	by := rule.Find("ApplyServerSideEncryptionByDefault")
	if by != nil && by.Get("SSEAlgorithm") == sseS3 && by.Find("KMSMasterKeyID") != nil {
		return badRequest("InvalidArgument", "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
			detail("ArgumentName", "ApplyServerSideEncryptionByDefault"))
	}
	if by == nil && rule.Find("BlockedEncryptionTypes") == nil {
		return malformedXML()
	}
	if rule.Find("BucketKeyEnabled") == nil {
		rule.Set("BucketKeyEnabled", "false")
	}
	return nil
}

// checkWebsite makes the checks of PutBucketWebsite in AWS's order.
func checkWebsite(_ *exchange, e *shape.Element) *awsapi.Error {
	const protocols = "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically."
	known := func(protocol string) bool { return protocol == "" || protocol == "http" || protocol == "https" }
	if all := e.Find("RedirectAllRequestsTo"); all != nil {
		switch {
		case len(e.Children) > 1:
			return invalidArgument("RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.", "RedirectAllRequestsTo", "not null")
		case !known(all.Get("Protocol")):
			return invalidRequest(protocols)
		}
		return nil
	}
	index := e.Find("IndexDocument")
	switch suffix := index.Get("Suffix"); {
	case index == nil:
		return invalidArgument("A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty", "IndexDocument", "null")
	case suffix == "" || strings.Contains(suffix, "/"):
		return invalidArgument("The IndexDocument Suffix is not well formed", "IndexDocument", suffix)
	}
	if document := e.Find("ErrorDocument"); document != nil && document.Get("Key") == "" {
		return malformedXML()
	}
	for _, rule := range e.Find("RoutingRules").All("RoutingRule") {
		to, when := rule.Find("Redirect"), rule.Find("Condition")
		switch {
		case to.Find("ReplaceKeyPrefixWith") != nil && to.Find("ReplaceKeyWith") != nil:
			return invalidRequest("You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
		case when != nil && len(when.Children) == 0:
			return invalidRequest("Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.")
		case !known(to.Get("Protocol")):
			return invalidRequest(protocols)
		}
	}
	return nil
}

// checkCORS makes the checks of PutBucketCors.
func checkCORS(_ *exchange, e *shape.Element) *awsapi.Error {
	rules := e.All("CORSRule")
	if len(rules) > 100 {
		return malformedXML()
	}
	for _, rule := range rules {
		for _, method := range rule.Texts("AllowedMethod") {
			switch method {
			case http.MethodGet, http.MethodPut, http.MethodHead, http.MethodPost, http.MethodDelete:
			default:
				return invalidRequest("Found unsupported HTTP method in CORS config. Unsupported method is " + method)
			}
		}
		for _, name := range [...]string{"AllowedOrigin", "AllowedHeader"} {
			for _, pattern := range rule.Texts(name) {
				if strings.Count(pattern, "*") > 1 {
					return invalidRequest(name + ` "` + pattern + `" can not have more than one wildcard.`)
				}
			}
		}
		for _, header := range rule.Texts("ExposeHeader") {
			if strings.Contains(header, "*") {
				return invalidRequest(`ExposeHeader "` + header + `" contains wildcard. We currently do not support wildcard for ExposeHeader.`)
			}
		}
	}
	return nil
}

// completePublicAccess names all four switches, those not given as off.
func completePublicAccess(_ *exchange, e *shape.Element) *awsapi.Error {
	for _, name := range [...]string{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"} {
		value := strings.ToLower(e.Get(name))
		if value == "" {
			value = "false"
		}
		e.Set(name, value)
	}
	return nil
}
