package policy

import (
	"slices"
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
)

// level is the sort of resource an S3 action acts on.
type level uint8

const (
	accountLevel level = iota // none: its policies name "*"
	bucketLevel
	objectLevel
	otherLevel // access points, jobs, storage lenses
)

// s3Action is one action of S3 with the condition keys that are its own: their
// names in lower case without "s3:", each followed by a blank; one that ends in
// a slash stands for all tags.
type s3Action struct {
	name  string
	level level
	keys  string
}

// commonS3Keys are condition keys of every action, and prefixes of such.
var commonS3Keys = []string{
	"accessgrantsinstancearn", "accesspointnetworkorigin", "accesspointtag/", "authtype", "buckettag/",
	"dataaccesspointaccount", "dataaccesspointarn", "resourceaccount", "signatureage", "signatureversion",
	"tlsversion", "x-amz-content-sha256",
}

// Groups of condition keys.
const (
	aclKeys        = "x-amz-acl x-amz-grant-full-control x-amz-grant-read x-amz-grant-read-acp x-amz-grant-write x-amz-grant-write-acp "
	requestTagKeys = "requestobjecttag/ requestobjecttagkeys "
	lockKeys       = "object-lock-mode object-lock-remaining-retention-days object-lock-retain-until-date "
	sseKeys        = "x-amz-server-side-encryption x-amz-server-side-encryption-aws-kms-key-id x-amz-server-side-encryption-customer-algorithm "
	listKeys       = "delimiter max-keys prefix "
)

// s3Actions are all actions of S3, by name.
// See https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html.
var s3Actions = []s3Action{
	{"AbortMultipartUpload", objectLevel, ""},
	{"AllowVendedLogDeliveryForResource", bucketLevel, "deliverysourcearn logtype resourcearnbeingauthorized "},
	{"AssociateAccessGrantsIdentityCenter", otherLevel, ""},
	{"BypassGovernanceRetention", objectLevel, aclKeys + requestTagKeys + sseKeys + "x-amz-copy-source x-amz-metadata-directive x-amz-storage-class x-amz-website-redirect-location "},
	{"CreateAccessGrant", otherLevel, ""},
	{"CreateAccessGrantsInstance", otherLevel, ""},
	{"CreateAccessGrantsLocation", otherLevel, ""},
	{"CreateAccessPoint", otherLevel, ""},
	{"CreateAccessPointForObjectLambda", otherLevel, ""},
	{"CreateBucket", bucketLevel, aclKeys + "locationconstraint x-amz-bucket-namespace x-amz-object-ownership "},
	{"CreateBucketMetadataTableConfiguration", bucketLevel, ""},
	{"CreateJob", accountLevel, ""},
	{"CreateMultiRegionAccessPoint", otherLevel, ""},
	{"CreateStorageLensGroup", accountLevel, ""},
	{"DeleteAccessGrant", otherLevel, ""},
	{"DeleteAccessGrantsInstance", otherLevel, ""},
	{"DeleteAccessGrantsInstanceResourcePolicy", otherLevel, ""},
	{"DeleteAccessGrantsLocation", otherLevel, ""},
	{"DeleteAccessPoint", otherLevel, ""},
	{"DeleteAccessPointForObjectLambda", otherLevel, ""},
	{"DeleteAccessPointPolicy", otherLevel, ""},
	{"DeleteAccessPointPolicyForObjectLambda", otherLevel, ""},
	{"DeleteBucket", bucketLevel, ""},
	{"DeleteBucketMetadataTableConfiguration", bucketLevel, ""},
	{"DeleteBucketPolicy", bucketLevel, ""},
	{"DeleteBucketWebsite", bucketLevel, ""},
	{"DeleteJobTagging", otherLevel, ""},
	{"DeleteMultiRegionAccessPoint", otherLevel, ""},
	{"DeleteObject", objectLevel, "if-match "},
	{"DeleteObjectAnnotation", objectLevel, "existingobjecttag/ x-amz-object-if-match "},
	{"DeleteObjectTagging", objectLevel, "existingobjecttag/ "},
	{"DeleteObjectVersion", objectLevel, "versionid "},
	{"DeleteObjectVersionAnnotation", objectLevel, "existingobjecttag/ versionid x-amz-object-if-match "},
	{"DeleteObjectVersionTagging", objectLevel, "existingobjecttag/ versionid "},
	{"DeleteStorageLensConfiguration", otherLevel, ""},
	{"DeleteStorageLensConfigurationTagging", otherLevel, ""},
	{"DeleteStorageLensGroup", otherLevel, ""},
	{"DescribeJob", otherLevel, ""},
	{"DescribeMultiRegionAccessPointOperation", otherLevel, ""},
	{"DissociateAccessGrantsIdentityCenter", otherLevel, ""},
	{"GetAccelerateConfiguration", bucketLevel, ""},
	{"GetAccessGrant", otherLevel, ""},
	{"GetAccessGrantsInstance", otherLevel, ""},
	{"GetAccessGrantsInstanceForPrefix", otherLevel, ""},
	{"GetAccessGrantsInstanceResourcePolicy", otherLevel, ""},
	{"GetAccessGrantsLocation", otherLevel, ""},
	{"GetAccessPoint", accountLevel, ""},
	{"GetAccessPointConfigurationForObjectLambda", otherLevel, ""},
	{"GetAccessPointForObjectLambda", otherLevel, ""},
	{"GetAccessPointPolicy", otherLevel, ""},
	{"GetAccessPointPolicyForObjectLambda", otherLevel, ""},
	{"GetAccessPointPolicyStatus", otherLevel, ""},
	{"GetAccessPointPolicyStatusForObjectLambda", otherLevel, ""},
	{"GetAccountPublicAccessBlock", accountLevel, ""},
	{"GetAnalyticsConfiguration", bucketLevel, ""},
	{"GetBucketAbac", bucketLevel, ""},
	{"GetBucketAcl", bucketLevel, ""},
	{"GetBucketCORS", bucketLevel, ""},
	{"GetBucketLocation", bucketLevel, ""},
	{"GetBucketLogging", bucketLevel, ""},
	{"GetBucketMetadataTableConfiguration", bucketLevel, ""},
	{"GetBucketNotification", bucketLevel, ""},
	{"GetBucketObjectLockConfiguration", bucketLevel, ""},
	{"GetBucketOwnershipControls", bucketLevel, ""},
	{"GetBucketPolicy", bucketLevel, ""},
	{"GetBucketPolicyStatus", bucketLevel, ""},
	{"GetBucketPublicAccessBlock", bucketLevel, ""},
	{"GetBucketRequestPayment", bucketLevel, ""},
	{"GetBucketTagging", bucketLevel, ""},
	{"GetBucketVersioning", bucketLevel, ""},
	{"GetBucketWebsite", bucketLevel, ""},
	{"GetDataAccess", otherLevel, ""},
	{"GetEncryptionConfiguration", bucketLevel, ""},
	{"GetIntelligentTieringConfiguration", bucketLevel, ""},
	{"GetInventoryConfiguration", bucketLevel, ""},
	{"GetJobTagging", otherLevel, ""},
	{"GetLifecycleConfiguration", bucketLevel, ""},
	{"GetMetricsConfiguration", bucketLevel, ""},
	{"GetMultiRegionAccessPoint", otherLevel, ""},
	{"GetMultiRegionAccessPointPolicy", otherLevel, ""},
	{"GetMultiRegionAccessPointPolicyStatus", otherLevel, ""},
	{"GetMultiRegionAccessPointRoutes", otherLevel, ""},
	{"GetObject", objectLevel, "existingobjecttag/ "},
	{"GetObjectAcl", objectLevel, "existingobjecttag/ "},
	{"GetObjectAnnotation", objectLevel, "existingobjecttag/ "},
	{"GetObjectAttributes", objectLevel, "existingobjecttag/ "},
	{"GetObjectLegalHold", objectLevel, ""},
	{"GetObjectRetention", objectLevel, ""},
	{"GetObjectTagging", objectLevel, "existingobjecttag/ "},
	{"GetObjectTorrent", objectLevel, ""},
	{"GetObjectVersion", objectLevel, "existingobjecttag/ versionid "},
	{"GetObjectVersionAcl", objectLevel, "existingobjecttag/ versionid "},
	{"GetObjectVersionAnnotation", objectLevel, "existingobjecttag/ versionid "},
	{"GetObjectVersionAnnotationForReplication", objectLevel, ""},
	{"GetObjectVersionAttributes", objectLevel, "existingobjecttag/ versionid "},
	{"GetObjectVersionForReplication", objectLevel, ""},
	{"GetObjectVersionTagging", objectLevel, "existingobjecttag/ versionid "},
	{"GetObjectVersionTorrent", objectLevel, "versionid "},
	{"GetReplicationConfiguration", bucketLevel, ""},
	{"GetStorageLensConfiguration", otherLevel, ""},
	{"GetStorageLensConfigurationTagging", otherLevel, ""},
	{"GetStorageLensDashboard", otherLevel, ""},
	{"GetStorageLensGroup", otherLevel, ""},
	{"InitiateReplication", objectLevel, ""},
	{"ListAccessGrants", otherLevel, ""},
	{"ListAccessGrantsInstances", accountLevel, ""},
	{"ListAccessGrantsLocations", otherLevel, ""},
	{"ListAccessPoints", accountLevel, ""},
	{"ListAccessPointsForObjectLambda", accountLevel, ""},
	{"ListAllMyBuckets", accountLevel, ""},
	{"ListBucket", bucketLevel, listKeys},
	{"ListBucketMultipartUploads", bucketLevel, ""},
	{"ListBucketVersions", bucketLevel, listKeys},
	{"ListCallerAccessGrants", otherLevel, ""},
	{"ListJobs", accountLevel, ""},
	{"ListMultiRegionAccessPoints", accountLevel, ""},
	{"ListMultipartUploadParts", objectLevel, ""},
	{"ListObjectAnnotations", objectLevel, "annotation-prefix existingobjecttag/ max-annotation-results "},
	{"ListObjectVersionAnnotations", objectLevel, "annotation-prefix existingobjecttag/ max-annotation-results versionid "},
	{"ListStorageLensConfigurations", accountLevel, ""},
	{"ListStorageLensGroups", accountLevel, ""},
	{"ListTagsForResource", bucketLevel, ""},
	{"ObjectOwnerOverrideToBucketOwner", objectLevel, ""},
	{"PauseReplication", bucketLevel, "destinationregion "},
	{"PutAccelerateConfiguration", bucketLevel, ""},
	{"PutAccessGrantsInstanceResourcePolicy", otherLevel, ""},
	{"PutAccessPointConfigurationForObjectLambda", otherLevel, ""},
	{"PutAccessPointPolicy", otherLevel, ""},
	{"PutAccessPointPolicyForObjectLambda", otherLevel, ""},
	{"PutAccessPointPublicAccessBlock", accountLevel, ""},
	{"PutAccountPublicAccessBlock", accountLevel, ""},
	{"PutAnalyticsConfiguration", bucketLevel, ""},
	{"PutBucketAbac", bucketLevel, ""},
	{"PutBucketAcl", bucketLevel, aclKeys},
	{"PutBucketCORS", bucketLevel, ""},
	{"PutBucketLogging", bucketLevel, ""},
	{"PutBucketNotification", bucketLevel, ""},
	{"PutBucketObjectLockConfiguration", bucketLevel, ""},
	{"PutBucketOwnershipControls", bucketLevel, ""},
	{"PutBucketPolicy", bucketLevel, ""},
	{"PutBucketPublicAccessBlock", bucketLevel, ""},
	{"PutBucketRequestPayment", bucketLevel, ""},
	{"PutBucketTagging", bucketLevel, ""},
	{"PutBucketVersioning", bucketLevel, ""},
	{"PutBucketWebsite", bucketLevel, ""},
	{"PutEncryptionConfiguration", bucketLevel, ""},
	{"PutIntelligentTieringConfiguration", bucketLevel, ""},
	{"PutInventoryConfiguration", bucketLevel, "inventoryaccessibleoptionalfields "},
	{"PutJobTagging", otherLevel, ""},
	{"PutLifecycleConfiguration", bucketLevel, ""},
	{"PutMetricsConfiguration", bucketLevel, ""},
	{"PutMultiRegionAccessPointPolicy", otherLevel, ""},
	{"PutObject", objectLevel, aclKeys + requestTagKeys + lockKeys + sseKeys + "if-match if-none-match object-lock-legal-hold objectcreationoperation x-amz-copy-source x-amz-metadata-directive x-amz-object-annotation-directive x-amz-storage-class x-amz-website-redirect-location "},
	{"PutObjectAcl", objectLevel, aclKeys + "existingobjecttag/ x-amz-storage-class "},
	{"PutObjectAnnotation", objectLevel, "existingobjecttag/ x-amz-object-if-match "},
	{"PutObjectLegalHold", objectLevel, "object-lock-legal-hold "},
	{"PutObjectRetention", objectLevel, lockKeys},
	{"PutObjectTagging", objectLevel, requestTagKeys + "existingobjecttag/ "},
	{"PutObjectVersionAcl", objectLevel, aclKeys + "existingobjecttag/ versionid x-amz-storage-class "},
	{"PutObjectVersionAnnotation", objectLevel, "existingobjecttag/ versionid x-amz-object-if-match "},
	{"PutObjectVersionTagging", objectLevel, requestTagKeys + "existingobjecttag/ versionid "},
	{"PutReplicationConfiguration", bucketLevel, "isreplicationpauserequest "},
	{"PutStorageLensConfiguration", accountLevel, ""},
	{"PutStorageLensConfigurationTagging", otherLevel, ""},
	{"ReplicateDelete", objectLevel, ""},
	{"ReplicateObject", objectLevel, sseKeys},
	{"ReplicateObjectAnnotation", objectLevel, ""},
	{"ReplicateTags", objectLevel, ""},
	{"RestoreObject", objectLevel, ""},
	{"SubmitMultiRegionAccessPointRoutes", otherLevel, ""},
	{"TagResource", bucketLevel, ""},
	{"UntagResource", bucketLevel, ""},
	{"UpdateAccessGrantsLocation", otherLevel, ""},
	{"UpdateBucketMetadataAnnotationTableConfiguration", bucketLevel, ""},
	{"UpdateBucketMetadataInventoryTableConfiguration", bucketLevel, ""},
	{"UpdateBucketMetadataJournalTableConfiguration", bucketLevel, ""},
	{"UpdateJobPriority", otherLevel, ""},
	{"UpdateJobStatus", otherLevel, ""},
	{"UpdateObjectEncryption", objectLevel, "existingobjecttag/ x-amz-server-side-encryption x-amz-server-side-encryption-aws-kms-key-id "},
	{"UpdateStorageLensGroup", otherLevel, ""},
}

// matchingActions returns the actions of S3 that fit a pattern such as "s3:Get*".
func matchingActions(pattern string) []s3Action {
	g := arn.CompileGlob(strings.ToLower(strings.TrimPrefix(strings.ToLower(pattern), "s3:")))
	var found []s3Action
	for _, a := range s3Actions {
		if g.Matches(strings.ToLower(a.name)) {
			found = append(found, a)
		}
	}
	return found
}

// bucketActions returns those that a bucket policy can govern: a bucket that
// does not exist yet has no policy.
func bucketActions(pattern string) []s3Action {
	return slices.DeleteFunc(matchingActions(pattern), func(a s3Action) bool {
		return a.level != bucketLevel && a.level != objectLevel || a.name == "CreateBucket"
	})
}

// lookupS3 finds an action by its full name, such as "s3:GetObject".
func lookupS3(action string) (s3Action, bool) {
	vendor, name, _ := strings.Cut(action, ":")
	if !strings.EqualFold(vendor, "s3") {
		return s3Action{}, false
	}
	for _, a := range s3Actions {
		if strings.EqualFold(a.name, name) {
			return a, true
		}
	}
	return s3Action{}, false
}

// knows reports whether a condition key can be present for the action. Keys of
// other services, such as aws:SourceIp, are no affair of S3.
func (a s3Action) knows(key string) bool {
	name, ok := strings.CutPrefix(strings.ToLower(key), "s3:")
	if !ok || slices.ContainsFunc(commonS3Keys, func(k string) bool { return sameKey(name, k) }) {
		return true
	}
	for known := range strings.FieldsSeq(a.keys) {
		if sameKey(name, known) {
			return true
		}
	}
	return false
}

// sameKey compares a key's name with a known one.
func sameKey(name, known string) bool {
	return name == known || strings.HasSuffix(known, "/") && strings.HasPrefix(name, known)
}
