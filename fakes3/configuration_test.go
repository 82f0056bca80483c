package fakes3_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/irsatz/irsatz/fakes3"
)

const (
	ns      = ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`
	xmlHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
)

// configs are, by sub-resource, a document that is accepted, what is answered to
// reading it where that is another, and the error of reading none.
var configs = []struct{ sub, document, answer, none string }{
	{"abac", "<AbacStatus><Status>Enabled</Status></AbacStatus>", "", ""},
	{"accelerate", "<AccelerateConfiguration><Status>Suspended</Status></AccelerateConfiguration>", "", ""},
	{"analytics&id=a", "<AnalyticsConfiguration><Id>a</Id><StorageClassAnalysis/></AnalyticsConfiguration>", "", "NoSuchConfiguration"},
	{"cors", "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>https://a.example</AllowedOrigin></CORSRule></CORSConfiguration>", "", "NoSuchCORSConfiguration"},
	{
		"encryption", "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
		"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>", "",
	},
	{"intelligent-tiering&id=a", "<IntelligentTieringConfiguration><Id>a</Id><Status>Enabled</Status><Tiering><AccessTier>ARCHIVE_ACCESS</AccessTier><Days>90</Days></Tiering></IntelligentTieringConfiguration>", "", "NoSuchConfiguration"},
	{"inventory&id=a", "<InventoryConfiguration><Destination><S3BucketDestination><Bucket>arn:aws:s3:::data</Bucket><Format>CSV</Format></S3BucketDestination></Destination><IsEnabled>true</IsEnabled><Id>a</Id><IncludedObjectVersions>All</IncludedObjectVersions><Schedule><Frequency>Daily</Frequency></Schedule></InventoryConfiguration>", "", "NoSuchConfiguration"},
	{"lifecycle", "<LifecycleConfiguration><Rule><ID>r</ID><Filter/><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>", "", "NoSuchLifecycleConfiguration"},
	{"logging", "<BucketLoggingStatus><LoggingEnabled><TargetBucket>data</TargetBucket><TargetPrefix>log/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>", "", ""},
	{"metrics&id=a", "<MetricsConfiguration><Id>a</Id></MetricsConfiguration>", "", "NoSuchConfiguration"},
	{"notification", "<NotificationConfiguration><QueueConfiguration><Id>q</Id><Queue>arn:aws:sqs:eu-west-1:111122223333:q</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>", "", ""},
	{"ownershipControls", "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>", "", "OwnershipControlsNotFoundError"},
	{
		"publicAccessBlock", "<PublicAccessBlockConfiguration><BlockPublicPolicy>TRUE</BlockPublicPolicy></PublicAccessBlockConfiguration>",
		"<PublicAccessBlockConfiguration><BlockPublicPolicy>true</BlockPublicPolicy><BlockPublicAcls>false</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls><RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>", "NoSuchPublicAccessBlockConfiguration",
	},
	{"replication", "<ReplicationConfiguration><Role>arn:aws:iam::111122223333:role/r</Role><Rule><ID>r</ID><Status>Enabled</Status><Destination><Bucket>arn:aws:s3:::target</Bucket></Destination></Rule></ReplicationConfiguration>", "", "ReplicationConfigurationNotFoundError"},
	{"requestPayment", "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>", "", ""},
	{"website", "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>", "", "NoSuchWebsiteConfiguration"},
}

// TestStoredConfigurations sets, reads, lists and deletes every configuration of
// a bucket.
func TestStoredConfigurations(t *testing.T) {
	t.Parallel()
	for _, tt := range configs {
		t.Run(tt.sub, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for _, name := range []string{"source", "target"} {
				if err := w.s3.CreateBucket(fakes3.Bucket{Name: name, AccountID: account, Versioned: true}); err != nil {
					t.Fatal(err)
				}
			}
			target, root := "/source?"+tt.sub, w.root()
			first := w.call(root, http.MethodGet, target)
			if got := w.do(root, w.request(http.MethodPut, target, tt.document)); got.status != 200 || got.body != "" {
				t.Fatalf("put: %d %s", got.status, got.body)
			}
			want := tt.answer
			if want == "" {
				want = tt.document
			}
			want = xmlHead + strings.Replace(want, ">", ns+">", 1)
			if got := w.call(root, http.MethodGet, target); got.body != want {
				t.Errorf("get\n got %s\nwant %s", got.body, want)
			}
			if sub, _, several := strings.Cut(tt.sub, "&"); several {
				if got := w.call(root, http.MethodGet, "/source?"+sub); !strings.Contains(got.body, "<IsTruncated>false</IsTruncated>"+strings.TrimPrefix(want, xmlHead)) {
					t.Errorf("list: %s", got.body)
				}
			}
			for _, bad := range []string{"", "x", "<Other/>", strings.Replace(tt.document, "</", "<Surplus/></", 1)} {
				if got := w.do(root, w.request(http.MethodPut, target, bad)); got.status != 400 || got.err.Code != "MalformedXML" {
					t.Errorf("put %q: %d %s", bad, got.status, got.body)
				}
			}
			if got := w.call(root, http.MethodGet, target); got.body != want {
				t.Errorf("a bad document changed it: %s", got.body)
			}
			switch tt.sub {
			case "abac", "accelerate", "logging", "notification", "requestPayment": // without a delete
				return
			}
			if got := w.call(root, http.MethodDelete, target); got.status != 204 {
				t.Errorf("delete: %d %s", got.status, got.body)
			}
			got := w.call(root, http.MethodGet, target)
			if tt.none == "" && got.body != first.body || tt.none != "" && (got.status != 404 || got.err.Code != tt.none) {
				t.Errorf("deleted: %d %s", got.status, got.body)
			}
			if tt.none != "NoSuchConfiguration" && tt.none != "" && got.err.get("BucketName") != "source" {
				t.Errorf("no bucket in %s", got.body)
			}
		})
	}
}

// TestConfigurationChecks sends documents that fit the schema and are refused.
func TestConfigurationChecks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket("dotted.name", account)
	w.bucket("theirs", other)
	cors := func(rule string) string {
		return "<CORSConfiguration><CORSRule>" + rule + "</CORSRule></CORSConfiguration>"
	}
	lifecycle := func(rules ...string) string {
		return "<LifecycleConfiguration><Rule>" + strings.Join(rules, "</Rule><Rule>") + "</Rule></LifecycleConfiguration>"
	}
	logging := func(bucket string) string {
		return "<BucketLoggingStatus><LoggingEnabled><TargetBucket>" + bucket + "</TargetBucket><TargetPrefix/></LoggingEnabled></BucketLoggingStatus>"
	}
	website := func(s string) string { return "<WebsiteConfiguration>" + s + "</WebsiteConfiguration>" }
	const (
		rule     = "<Status>Enabled</Status><Filter/>"
		expires  = "<Expiration><Days>1</Days></Expiration>"
		index    = "<IndexDocument><Suffix>i</Suffix></IndexDocument>"
		redirect = "<RoutingRules><RoutingRule>%s</RoutingRule></RoutingRules>"
		get      = "<AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin>"
	)
	for _, tt := range []struct{ target, document, code, message string }{
		{"data?analytics&id=b", configs[2].document, "MalformedXML", ""},
		{"data?inventory&id=b", configs[6].document, "IdMismatch", "Document ID does not match the specified configuration ID."},
		{"data?inventory&id=a", strings.Replace(configs[6].document, "arn:aws:s3:::data", "data", 1), "InvalidS3DestinationBucket", "Invalid bucket ARN."},
		{"dotted.name?accelerate", configs[1].document, "InvalidRequest", "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names"},
		{"data?logging", logging("none-such"), "InvalidTargetBucketForLogging", "The target bucket for logging does not exist"},
		{"data?logging", logging("theirs"), "InvalidTargetBucketForLogging", ""},
		{"data?replication", configs[13].document, "InvalidRequest", "Versioning must be 'Enabled' on the bucket to apply a replication configuration"},
		{"data?notification", strings.Replace(configs[10].document, "</Queue>", "</Queue><Filter><S3Key><FilterRule><Name>x</Name><Value>y</Value></FilterRule></S3Key></Filter>", 1), "InvalidArgument", "filter rule name must be either prefix or suffix"},
		{"data?encryption", strings.Replace(configs[4].document, "aws:kms</SSEAlgorithm>", "AES256</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID>", 1), "InvalidArgument", "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"},
		{"data?encryption", "<ServerSideEncryptionConfiguration><Rule/></ServerSideEncryptionConfiguration>", "MalformedXML", ""},
		{"data?cors", cors("<AllowedMethod>PATCH</AllowedMethod><AllowedOrigin>*</AllowedOrigin>"), "InvalidRequest", "Found unsupported HTTP method in CORS config. Unsupported method is PATCH"},
		{"data?cors", cors("<AllowedMethod>GET</AllowedMethod><AllowedOrigin>*.*</AllowedOrigin>"), "InvalidRequest", `AllowedOrigin "*.*" can not have more than one wildcard.`},
		{"data?cors", cors(get + "<AllowedHeader>*-*</AllowedHeader>"), "InvalidRequest", `AllowedHeader "*-*" can not have more than one wildcard.`},
		{"data?cors", cors(get + "<ExposeHeader>*</ExposeHeader>"), "InvalidRequest", `ExposeHeader "*" contains wildcard. We currently do not support wildcard for ExposeHeader.`},
		{"data?cors", "<CORSConfiguration>" + strings.Repeat("<CORSRule>"+get+"</CORSRule>", 101) + "</CORSConfiguration>", "MalformedXML", ""},
		{"data?lifecycle", lifecycle(rule), "InvalidRequest", "At least one action needs to be specified in a rule"},
		{"data?lifecycle", lifecycle("<Status>Enabled</Status>" + expires), "MalformedXML", ""},
		{"data?lifecycle", lifecycle(rule + "<Prefix/>" + expires), "MalformedXML", ""},
		{"data?lifecycle", lifecycle(rule + "<Expiration><Days>1</Days><Date>2030-01-01</Date></Expiration>"), "MalformedXML", ""},
		{"data?lifecycle", lifecycle(rule + "<Expiration><Days>0</Days></Expiration>"), "InvalidArgument", "'Days' for Expiration action must be a positive integer"},
		{"data?lifecycle", lifecycle(rule + "<NoncurrentVersionExpiration/>"), "MalformedXML", ""},
		{"data?lifecycle", lifecycle(rule + "<Expiration><Date>2030-01-01T12:00:00Z</Date></Expiration>"), "InvalidArgument", "'Date' must be at midnight GMT"},
		{"data?lifecycle", lifecycle("<ID>a</ID>"+rule+expires, "<ID>a</ID>"+rule+expires), "InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule"},
		{"data?lifecycle", lifecycle("<ID>" + strings.Repeat("a", 256) + "</ID>" + rule + expires), "InvalidArgument", "ID length should not exceed allowed limit of 255"},
		{"data?lifecycle", lifecycle("<Status>Enabled</Status><Filter><And><Tag><Key>a</Key><Value/></Tag><Tag><Key>a</Key><Value/></Tag></And></Filter>" + expires), "InvalidRequest", "Duplicate Tag Keys are not allowed."},
		{"data?lifecycle", "<LifecycleConfiguration>" + strings.Repeat("<Rule>"+rule+expires+"</Rule>", 1001) + "</LifecycleConfiguration>", "MalformedXML", ""},
		{"data?website", website("<RedirectAllRequestsTo><HostName>h</HostName></RedirectAllRequestsTo>" + index), "InvalidArgument", "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules."},
		{"data?website", website("<RedirectAllRequestsTo><HostName>h</HostName><Protocol>ftp</Protocol></RedirectAllRequestsTo>"), "InvalidRequest", "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically."},
		{"data?website", website(""), "InvalidArgument", "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty"},
		{"data?website", website("<IndexDocument><Suffix>a/b</Suffix></IndexDocument>"), "InvalidArgument", "The IndexDocument Suffix is not well formed"},
		{"data?website", website(index + "<ErrorDocument><Key/></ErrorDocument>"), "MalformedXML", ""},
		{"data?website", website(index + fmt.Sprintf(redirect, "<Redirect><ReplaceKeyPrefixWith>a</ReplaceKeyPrefixWith><ReplaceKeyWith>b</ReplaceKeyWith></Redirect>")), "InvalidRequest", "You can only define ReplaceKeyPrefix or ReplaceKey but not both."},
		{"data?website", website(index + fmt.Sprintf(redirect, "<Condition/><Redirect/>")), "InvalidRequest", "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present."},
		{"data?website", website(index + fmt.Sprintf(redirect, "<Redirect><Protocol>ftp</Protocol></Redirect>")), "InvalidRequest", ""},
	} {
		before := w.fingerprint()
		got := w.do(w.root(), w.request(http.MethodPut, "/"+tt.target, tt.document))
		if got.status != 400 || got.err.Code != tt.code || tt.message != "" && got.err.Message != tt.message {
			t.Errorf("%s %.80s: %d %s", tt.target, tt.document, got.status, got.body)
		}
		if w.fingerprint() != before {
			t.Errorf("%s %.80s changed something", tt.target, tt.document)
		}
	}
	generated := w.do(w.root(), w.request(http.MethodPut, "/data?lifecycle", lifecycle(rule+expires)))
	if got := w.call(w.root(), http.MethodGet, "/data?lifecycle"); len(all(got.body, "ID")) != 1 || got.header.Get("X-Amz-Transition-Default-Minimum-Object-Size") != "all_storage_classes_128K" {
		t.Errorf("id %s, %v %v", got.body, generated.header, got.header)
	}
}

// TestReplicationPassesARole: who sets a replication gives S3 a role.
func TestReplicationPassesARole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"source", "target"} {
		if err := w.s3.CreateBucket(fakes3.Bucket{Name: name, AccountID: account, Versioned: true}); err != nil {
			t.Fatal(err)
		}
	}
	pass := func(role string) string {
		return `{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/` + role + `","Condition":{"StringEquals":{"iam:PassedToService":"s3.amazonaws.com"}}}`
	}
	for name, tt := range map[string]struct {
		c    creds
		want int
	}{"without": {w.role("without", allow("s3:*")), 403}, "another": {w.role("another", allow("s3:*"), pass("x")), 403}, "with": {w.role("with", allow("s3:*"), pass("r")), 200}} {
		got := w.do(tt.c, w.request(http.MethodPut, "/source?replication", configs[13].document))
		if got.status != tt.want || tt.want == 403 && !strings.HasSuffix(got.err.Message, "is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/r because no identity-based policy allows the iam:PassRole action") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	theirs := strings.ReplaceAll(configs[13].document, "arn:aws:iam::111122223333:role/r", "arn:aws:iam::444455556666:role/r")
	if got := w.do(w.role("any", allow("*")), w.request(http.MethodPut, "/source?replication", theirs)); theirs == configs[13].document || got.status != 403 {
		t.Errorf("a role of another account: %d %s", got.status, got.body)
	}
}

// TestRequesterPays: callers from outside must offer to pay.
func TestRequesterPays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policy("data", everybody("Allow", "data", "s3:GetObject"))
	w.do(w.root(), w.request(http.MethodPut, "/data?requestPayment", configs[14].document))
	stranger := creds{"other", "other", ""}
	for name, tt := range map[string]struct {
		c      creds
		offers bool
		want   int
	}{
		"owner": {w.root(), false, 200}, "stranger": {stranger, false, 403}, "stranger who pays": {stranger, true, 200},
		"nobody": {creds{}, false, 403}, "nobody who offers": {creds{}, true, 403},
	} {
		r := w.request(http.MethodGet, "/data/public/a.txt", "")
		if tt.offers {
			r.Header.Set("X-Amz-Request-Payer", "requester")
		}
		got := w.do(tt.c, r)
		if got.status != tt.want || (got.header.Get("X-Amz-Request-Charged") != "") != (name == "stranger who pays") {
			t.Errorf("%s: %d %v %s", name, got.status, got.header, got.body)
		}
	}
}

// TestRequesterPaysForCopiesAndDeletes: so must who reads a bucket as the source of
// a copy, or deletes in it by the list.
func TestRequesterPaysForCopiesAndDeletes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policy("data", `{"Effect":"Allow","Principal":{"AWS":"`+other+`"},"Action":"s3:*","Resource":["arn:aws:s3:::data","arn:aws:s3:::data/*"]}`)
	w.do(w.root(), w.request(http.MethodPut, "/data?requestPayment", configs[14].document))
	w.bucket("theirs", other)
	stranger := creds{"other", "other", ""}
	id := all(w.call(stranger, http.MethodPost, "/theirs/parts?uploads").body, "UploadId")[0]
	const list = "<Delete><Object><Key>public/a.txt</Key></Object></Delete>"
	for _, tt := range []struct{ name, method, target, body, source string }{
		{"copy", http.MethodPut, "/theirs/copy", "", "data/public/a.txt"},
		{"copy of nothing", http.MethodPut, "/theirs/copy", "", "data/none"},
		{"part", http.MethodPut, "/theirs/parts?partNumber=1&uploadId=" + id, "", "data/public/a.txt"},
		{"delete", http.MethodPost, "/data?delete", list, ""},
	} {
		send := func(header ...string) result {
			r := w.md5(w.request(tt.method, tt.target, tt.body))
			if tt.source != "" {
				r.Header.Set("X-Amz-Copy-Source", tt.source)
			}
			if header != nil {
				r.Header.Set(header[0], header[1])
			}
			return w.do(stranger, r)
		}
		if got := send(); got.status != 403 || w.get("data", "public/a.txt") == "!NoSuchKey" {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
		want := 200
		if tt.source == "data/none" {
			want = 404
		}
		if got := send("X-Amz-Request-Payer", "requester"); got.status != want || got.header.Get("X-Amz-Request-Charged") == "" {
			t.Errorf("%s of who pays: %d %v %s", tt.name, got.status, got.header, got.body)
		}
	}
}

// TestBucketABAC: the tags of a bucket are condition keys once that is turned on
// (K161).
func TestBucketABAC(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const tags = "<Tagging><TagSet><Tag><Key>stage</Key><Value>dev</Value></Tag></TagSet></Tagging>"
	if got := w.do(w.root(), w.request(http.MethodPut, "/data?tagging", tags)); got.status != 204 {
		t.Fatal(got.body)
	}
	by := func(key string) creds {
		return w.role(strings.ReplaceAll(key, ":", "-"), `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"`+key+`/stage":"dev"}}}`)
	}
	callers := []creds{by("aws:ResourceTag"), by("s3:BucketTag")}
	for _, on := range []bool{false, true} {
		for _, c := range callers {
			if got := w.call(c, http.MethodGet, "/data/public/a.txt"); (got.status == 200) != on {
				t.Errorf("enabled %t: %d", on, got.status)
			}
		}
		w.do(w.root(), w.request(http.MethodPut, "/data?abac", configs[0].document))
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete} {
		if got := w.do(w.root(), w.request(method, "/data?tagging", tags)); got.status != 400 {
			t.Errorf("%s of tags with ABAC: %d", method, got.status)
		}
	}
}

// TestConfigurationPages lists more configurations than fit on a page.
func TestConfigurationPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 150 {
		id := fmt.Sprintf("%03d", i)
		w.do(w.root(), w.request(http.MethodPut, "/data?metrics&id="+id, "<MetricsConfiguration><Id>"+id+"</Id></MetricsConfiguration>"))
	}
	c := w.client(w.root(), w.http, false)
	var ids []string
	in := &s3.ListBucketMetricsConfigurationsInput{Bucket: aws.String("data")}
	for range 3 {
		page, err := c.ListBucketMetricsConfigurations(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.MetricsConfigurationList {
			ids = append(ids, *m.Id)
		}
		if !*page.IsTruncated {
			break
		}
		in.ContinuationToken = page.NextContinuationToken
	}
	if len(ids) != 150 || ids[0] != "000" || ids[149] != "149" {
		t.Errorf("%d ids: %v", len(ids), ids)
	}
}

// TestConfigurationsBySDK sends what the SDK makes of the larger documents.
func TestConfigurationsBySDK(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, bucket, ctx := w.client(w.role("all", allow("s3:*")), w.http, false), aws.String("data"), t.Context()
	_, err := c.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: bucket, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{{
		Status: types.ExpirationStatusEnabled, ID: aws.String("one"),
		Filter:                         &types.LifecycleRuleFilter{And: &types.LifecycleRuleAndOperator{Prefix: aws.String("p"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}, ObjectSizeGreaterThan: aws.Int64(1 << 40)}},
		Transitions:                    []types.Transition{{Days: aws.Int32(30), StorageClass: types.TransitionStorageClassGlacier}},
		NoncurrentVersionExpiration:    &types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(3)},
		AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(7)},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	read, err := c.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: bucket})
	if err != nil || *read.Rules[0].Filter.And.ObjectSizeGreaterThan != 1<<40 || *read.Rules[0].Transitions[0].Days != 30 {
		t.Errorf("lifecycle %+v, %v", read, err)
	}
	_, err = c.PutBucketWebsite(ctx, &s3.PutBucketWebsiteInput{Bucket: bucket, WebsiteConfiguration: &types.WebsiteConfiguration{
		IndexDocument: &types.IndexDocument{Suffix: aws.String("index.html")}, ErrorDocument: &types.ErrorDocument{Key: aws.String("e")},
		RoutingRules: []types.RoutingRule{{Condition: &types.Condition{KeyPrefixEquals: aws.String("a/")}, Redirect: &types.Redirect{HostName: aws.String("h"), Protocol: types.ProtocolHttps}}},
	}})
	if err != nil {
		t.Error(err)
	}
	_, err = c.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{Bucket: bucket, SkipDestinationValidation: aws.Bool(true), NotificationConfiguration: &types.NotificationConfiguration{
		LambdaFunctionConfigurations: []types.LambdaFunctionConfiguration{{LambdaFunctionArn: aws.String("arn:aws:lambda:eu-west-1:111122223333:function:f"), Events: []types.Event{types.EventS3ObjectCreated},
			Filter: &types.NotificationConfigurationFilter{Key: &types.S3KeyFilter{FilterRules: []types.FilterRule{{Name: types.FilterRuleNamePrefix, Value: aws.String("p")}}}}}},
		EventBridgeConfiguration: &types.EventBridgeConfiguration{},
	}})
	if err != nil {
		t.Error(err)
	}
	notification, err := c.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: bucket})
	if err != nil || len(notification.LambdaFunctionConfigurations) != 1 || *notification.LambdaFunctionConfigurations[0].Id == "" || notification.EventBridgeConfiguration == nil {
		t.Errorf("notification %+v, %v", notification, err)
	}
	_, err = c.PutBucketInventoryConfiguration(ctx, &s3.PutBucketInventoryConfigurationInput{Bucket: bucket, Id: aws.String("i"), InventoryConfiguration: &types.InventoryConfiguration{
		Id: aws.String("i"), IsEnabled: aws.Bool(true), IncludedObjectVersions: types.InventoryIncludedObjectVersionsAll, Schedule: &types.InventorySchedule{Frequency: types.InventoryFrequencyDaily},
		OptionalFields: []types.InventoryOptionalField{types.InventoryOptionalFieldSize},
		Destination: &types.InventoryDestination{S3BucketDestination: &types.InventoryS3BucketDestination{Bucket: aws.String("arn:aws:s3:::data"), Format: types.InventoryFormatOrc,
			Encryption: &types.InventoryEncryption{SSES3: &types.SSES3{}}}},
	}})
	if err != nil {
		t.Error(err)
	}
}
