package arn

import "strings"

// partition is where every ARN made here lives.
const partition = "aws"

// Role is the ARN of an IAM role. A path begins and ends with a slash; the
// empty path is "/".
func Role(account, path, name string) ARN { return iam(account, "role"+slashed(path)+name) }

// User is the ARN of an IAM user.
func User(account, path, name string) ARN { return iam(account, "user"+slashed(path)+name) }

// ManagedPolicy is the ARN of a customer managed policy, or of an AWS managed
// one where account is "aws".
func ManagedPolicy(account, path, name string) ARN {
	return iam(account, "policy"+slashed(path)+name)
}

// OIDCProvider is the ARN of the OIDC provider with this issuer URL: the URL
// without its scheme is the resource's name.
func OIDCProvider(account, url string) ARN {
	return iam(account, "oidc-provider/"+strings.TrimPrefix(url, "https://"))
}

// Root is the ARN of an account, which is also that of its root user.
func Root(account string) ARN { return iam(account, "root") }

// AssumedRole is the ARN of a role session. It names the role without its path.
func AssumedRole(account, roleName, session string) ARN {
	return sts(account, "assumed-role/"+roleName+"/"+session)
}

// FederatedUser is the ARN of a GetFederationToken session.
func FederatedUser(account, name string) ARN { return sts(account, "federated-user/"+name) }

// Bucket is the ARN of an S3 bucket, which names neither region nor account.
func Bucket(name string) ARN { return ARN{Partition: partition, Service: "s3", Resource: name} }

// Object is the ARN of an S3 object; its key stands there decoded and as it is.
func Object(bucket, key string) ARN { return Bucket(bucket + "/" + key) }

func iam(account, resource string) ARN {
	return ARN{Partition: partition, Service: "iam", AccountID: account, Resource: resource}
}

func sts(account, resource string) ARN {
	return ARN{Partition: partition, Service: "sts", AccountID: account, Resource: resource}
}

// slashed is path with the slashes it must begin and end with.
func slashed(path string) string {
	if path = strings.Trim(path, "/"); path == "" {
		return "/"
	}
	return "/" + path + "/"
}
