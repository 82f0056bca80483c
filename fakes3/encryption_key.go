package fakes3

import (
	"net/http"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// authorizeKeys asks for the use of the KMS keys that the request's objects are
// encrypted with. The key that AWS manages may be used by whoever of the bucket's
// account may use the object, and by nobody else.
//
// DIVERGES: there are no KMS keys here, so none is disabled or missing, and none
// has a policy: a key of the caller's account is used by whom identity policies
// let use it, as with the policy that new keys have; one of another account by
// nobody.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
func (x *exchange) authorizeKeys() *awsapi.Error {
	if err := x.parseEncryption(); err != nil {
		return err
	}
	if x.source != nil && x.source.object != nil {
		if err := x.askKey("kms:Decrypt", x.source.object.Encryption, x.source.bucket, x.source.key); err != nil {
			return err
		}
	}
	use, actions := x.keyUse()
	for _, action := range actions {
		if err := x.askKey(action, use, x.bucket, x.key); err != nil {
			return err
		}
	}
	return nil
}

// keyUse returns the encryption that the request works with, and what it does
// with the key.
func (x *exchange) keyUse() (storage.Encryption, []string) {
	switch {
	case x.op.name == "CreateMultipartUpload":
		return x.encrypted(x.asked), []string{"kms:GenerateDataKey", "kms:Decrypt"}
	case x.op.has(writes):
		return x.encrypted(x.asked), []string{"kms:GenerateDataKey"}
	case x.op.sub == "uploadId" && x.r.Method != http.MethodDelete:
		if x.begun == nil {
			return storage.Encryption{}, nil // the operation says so
		}
		if x.r.Method == http.MethodPut {
			return x.begun.Draft.Encryption, []string{"kms:GenerateDataKey", "kms:Decrypt"}
		}
		return x.begun.Draft.Encryption, []string{"kms:Decrypt"}
	case x.object == nil:
	case x.op.name == "GetObject", x.r.Method == http.MethodHead && x.wantsChecksum():
		return x.object.Encryption, []string{"kms:Decrypt"}
	}
	return storage.Encryption{}, nil
}

// askKey asks whether the caller may use the key by way of S3, for the object of
// that bucket and key.
func (x *exchange) askKey(action string, e storage.Encryption, b *bucket, name string) *awsapi.Error {
	if e.KeyID == "" || e.KeyID == x.managedKey(b) && x.call.Caller.AccountID == b.Owner {
		return nil
	}
	key, _ := arn.Parse(e.KeyID)
	protects := arn.Object(b.Name, name).String()
	if e.BucketKey {
		protects = arn.Bucket(b.Name).String()
	}
	ctx := x.call.Context()
	ctx.Set("aws:ViaAWSService", "true")
	ctx.Set("kms:ViaService", "s3."+x.config.Region+".amazonaws.com")
	ctx.Set("kms:CallerAccount", x.call.Caller.AccountID)
	ctx.Set("kms:EncryptionContext:aws:s3:arn", protects)
	ctx.SetValues("kms:EncryptionContextKeys", "aws:s3:arn")
	return x.decide(&iam.Question{Action: action, Resource: e.KeyID, ResourceAccount: key.AccountID, Context: ctx})
}
