package fakes3

import "github.com/irsatz/irsatz/internal/shape"

// What several configurations have in common.
const (
	tagShape    = " { Key Value } "
	filterShape = " { Prefix? Tag? " + tagShape + " And? { Prefix? Tag* " + tagShape + " } } "
	enabled     = " { Status:Enabled|Disabled } "
	eventShape  = " Id? Event+ Filter? { S3Key? { FilterRule* { Name Value } } } "
	granted     = " Grantee@ { ID? DisplayName? URI? EmailAddress? } "
	sized       = " ObjectSizeGreaterThan?:int ObjectSizeLessThan?:int "
)

// The shapes of the configurations of a bucket, as the API reference has them.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
var (
	accelerateShape = shape.MustParse("AccelerateConfiguration { Status:Enabled|Suspended }")
	abacShape       = shape.MustParse("AbacStatus { Status:Enabled|Disabled }")
	analyticsShape  = shape.MustParse("AnalyticsConfiguration { Id Filter? " + filterShape +
		" StorageClassAnalysis { DataExport? { OutputSchemaVersion:V_1 Destination { S3BucketDestination { Format:CSV BucketAccountId? Bucket Prefix? } } } } }")
	corsShape       = shape.MustParse("CORSConfiguration { CORSRule+ { ID? AllowedHeader* AllowedMethod+ AllowedOrigin+ ExposeHeader* MaxAgeSeconds?:int } }")
	encryptionShape = shape.MustParse("ServerSideEncryptionConfiguration { Rule { ApplyServerSideEncryptionByDefault? { SSEAlgorithm:AES256|aws:kms|aws:kms:dsse KMSMasterKeyID? }" +
		" BucketKeyEnabled?:bool BlockedEncryptionTypes? { EncryptionType*:SSE-C|NONE } } }")
	inventoryShape = shape.MustParse("InventoryConfiguration { Destination { S3BucketDestination { AccountId? Bucket Format:CSV|ORC|Parquet Prefix? Encryption? { SSE-S3? {} SSE-KMS? { KeyId } } } }" +
		" IsEnabled:bool Filter? { Prefix } Id IncludedObjectVersions:All|Current Schedule { Frequency:Daily|Weekly }" +
		" OptionalFields? { Field*:Size|LastModifiedDate|StorageClass|ETag|IsMultipartUploaded|ReplicationStatus|EncryptionStatus|ObjectLockRetainUntilDate|ObjectLockMode|ObjectLockLegalHoldStatus|IntelligentTieringAccessTier|BucketKeyStatus|ChecksumAlgorithm|ObjectAccessControlList|ObjectOwner|LifecycleExpirationDate } }")
	lifecycleShape = shape.MustParse("LifecycleConfiguration { Rule+ { ID? Prefix? Status:Enabled|Disabled" +
		" Filter? { Prefix? Tag? " + tagShape + sized + " And? { Prefix? Tag* " + tagShape + sized + " } }" +
		" Expiration? { Date?:date Days?:int ExpiredObjectDeleteMarker?:bool }" +
		" Transition* { Date?:date Days?:int StorageClass:GLACIER|STANDARD_IA|ONEZONE_IA|INTELLIGENT_TIERING|DEEP_ARCHIVE|GLACIER_IR }" +
		" NoncurrentVersionExpiration? { NoncurrentDays?:int NewerNoncurrentVersions?:int }" +
		" NoncurrentVersionTransition* { NoncurrentDays?:int NewerNoncurrentVersions?:int StorageClass:GLACIER|STANDARD_IA|ONEZONE_IA|INTELLIGENT_TIERING|DEEP_ARCHIVE|GLACIER_IR }" +
		" AbortIncompleteMultipartUpload? { DaysAfterInitiation:int } } }")
	loggingShape = shape.MustParse("BucketLoggingStatus { LoggingEnabled? { TargetBucket TargetPrefix TargetGrants? { Grant* { " + granted + " Permission:FULL_CONTROL|READ|WRITE } }" +
		" TargetObjectKeyFormat? { SimplePrefix? {} PartitionedPrefix? { PartitionDateSource?:EventTime|DeliveryTime } } } }")
	metricsShape      = shape.MustParse("MetricsConfiguration { Id Filter? { Prefix? Tag? " + tagShape + " AccessPointArn? And? { Prefix? Tag* " + tagShape + " AccessPointArn? } } }")
	notificationShape = shape.MustParse("NotificationConfiguration { TopicConfiguration* { Topic " + eventShape + " } QueueConfiguration* { Queue " + eventShape + " }" +
		" CloudFunctionConfiguration* { CloudFunction " + eventShape + " } EventBridgeConfiguration? {} }")
	ownershipShape    = shape.MustParse("OwnershipControls { Rule { ObjectOwnership:BucketOwnerPreferred|ObjectWriter|BucketOwnerEnforced } }")
	paymentShape      = shape.MustParse("RequestPaymentConfiguration { Payer:Requester|BucketOwner }")
	publicAccessShape = shape.MustParse("PublicAccessBlockConfiguration { BlockPublicAcls?:bool IgnorePublicAcls?:bool BlockPublicPolicy?:bool RestrictPublicBuckets?:bool }")
	replicationShape  = shape.MustParse("ReplicationConfiguration { Role Rule+ { ID? Priority?:int Prefix? Filter? " + filterShape + " Status:Enabled|Disabled" +
		" SourceSelectionCriteria? { SseKmsEncryptedObjects? " + enabled + " ReplicaModifications? " + enabled + " } ExistingObjectReplication? " + enabled +
		" Destination { Bucket Account? StorageClass? AccessControlTranslation? { Owner:Destination } EncryptionConfiguration? { ReplicaKmsKeyID? }" +
		" ReplicationTime? { Status:Enabled|Disabled Time { Minutes:int } } Metrics? { Status:Enabled|Disabled EventThreshold? { Minutes:int } } }" +
		" DeleteMarkerReplication? { Status?:Enabled|Disabled } } }")
	tieringShape = shape.MustParse("IntelligentTieringConfiguration { Id Filter? " + filterShape +
		" Status:Enabled|Disabled Tiering+ { Days:int AccessTier:ARCHIVE_ACCESS|DEEP_ARCHIVE_ACCESS } }")
	websiteShape = shape.MustParse("WebsiteConfiguration { ErrorDocument? { Key } IndexDocument? { Suffix } RedirectAllRequestsTo? { HostName Protocol? }" +
		" RoutingRules? { RoutingRule+ { Condition? { HttpErrorCodeReturnedEquals? KeyPrefixEquals? } Redirect { HostName? HttpRedirectCode? Protocol? ReplaceKeyPrefixWith? ReplaceKeyWith? } } } }")
)
