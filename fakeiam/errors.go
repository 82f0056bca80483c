package fakeiam

import (
	"errors"
	"net/http"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// The texts below are AWS's, byte for byte, as recorded from the service and
// from what users pasted.

func noSuchEntity(message string) *awsapi.Error {
	return &awsapi.Error{Code: "NoSuchEntity", Message: message, Status: http.StatusNotFound}
}

func alreadyExists(message string) *awsapi.Error {
	return &awsapi.Error{Code: "EntityAlreadyExists", Message: message, Status: http.StatusConflict}
}

func limitExceeded(quota string) *awsapi.Error {
	return &awsapi.Error{Code: "LimitExceeded", Message: "Cannot exceed quota for " + quota, Status: http.StatusConflict}
}

func deleteConflict(message string) *awsapi.Error {
	return &awsapi.Error{Code: "DeleteConflict", Message: message, Status: http.StatusConflict}
}

func invalidInput(message string) *awsapi.Error {
	return &awsapi.Error{Code: "InvalidInput", Message: message, Status: http.StatusBadRequest}
}

func validationError(message string) *awsapi.Error {
	return &awsapi.Error{Code: "ValidationError", Message: message, Status: http.StatusBadRequest}
}

func malformedDocument(err error) *awsapi.Error {
	message := err.Error()
	if malformed, ok := errors.AsType[*policy.MalformedError](err); ok {
		message = malformed.Message
	}
	return &awsapi.Error{Code: "MalformedPolicyDocument", Message: message, Status: http.StatusBadRequest}
}

var (
	errAttached  = deleteConflict("Cannot delete entity, must detach all policies first.")
	errInline    = deleteConflict("Cannot delete entity, must delete policies first.")
	errInGroup   = deleteConflict("Cannot delete entity, must remove users from group first.")
	errKeysLeft  = deleteConflict("Cannot delete entity, must delete access keys first.")
	errInProfile = deleteConflict("Cannot delete entity, must remove roles from instance profile first.")

	errAttachedPolicy = deleteConflict("Cannot delete a policy attached to entities.")
	errVersionsLeft   = deleteConflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
	errDefaultVersion = deleteConflict("Cannot delete the default version of a policy.")
	errVersions       = &awsapi.Error{
		Code: "LimitExceeded", Status: http.StatusConflict,
		Message: "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
	}
	errCaller        = invalidInput("Invalid caller - Caller must be an IAM user in this context.")
	errServicePolicy = &awsapi.Error{Code: "PolicyNotAttachable", Message: "Cannot attach a Service Role Policy to a Customer Role.", Status: http.StatusBadRequest}

	errDuplicateTags = invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
	errReservedTag   = invalidInput("Tag keys beginning with aws: are reserved for system use.")
	errPolicyARN     = validationError("Invalid ARN:  Could not be parsed!")
	errPartition     = validationError("Invalid ARN partition")
	errMarker        = validationError("Invalid Marker.")
	errOtherMarker   = validationError("Marker and Filter do not match")

	errNotUser = validationError("Must specify userName when calling with non-User credentials")
	// The text is not recorded.
	errKeyStatus = invalidInput("The status of an access key can be set to Active or Inactive only.")

	errProviderURL     = validationError("Invalid Open ID Connect Provider URL")
	errNoThumbprint    = invalidInput("Thumbprint list must contain at least one entry.")
	errManyThumbprints = invalidInput("Thumbprint list must contain fewer than 5 entries.") // six are too many
	// The text is not recorded.
	errIdpCommunication = &awsapi.Error{
		Code: "OpenIdIdpCommunicationError", Status: http.StatusBadRequest,
		Message: "The request failed because IAM cannot connect to the OpenID Connect identity provider URL.",
	}
)

func userExists(name string) *awsapi.Error {
	return alreadyExists("User with name " + name + " already exists.")
}

func groupExists(name string) *awsapi.Error {
	return alreadyExists("Group with name " + name + " already exists.")
}

func noSuchProfile(name string) *awsapi.Error {
	return noSuchEntity("Instance Profile " + name + " cannot be found.")
}

func noSuchKey(id string) *awsapi.Error {
	return noSuchEntity("The Access Key with id " + id + " cannot be found.")
}

func noSuchPolicy(policyARN string) *awsapi.Error {
	return noSuchEntity("Policy " + policyARN + " was not found.")
}

func noSuchVersion(policyARN, id string) *awsapi.Error {
	return noSuchEntity("Policy " + policyARN + " version " + id + " does not exist or is not attachable.")
}

// refusal words what the store refused that no operation had looked for. What
// an operation refused itself passes through.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*awsapi.Error](err); ok {
		return err
	}
	switch {
	case errors.Is(err, iam.ErrNoSuchEntity):
		return noSuchEntity(err.Error())
	case errors.Is(err, iam.ErrEntityAlreadyExists):
		return alreadyExists(err.Error())
	case errors.Is(err, iam.ErrInvalidInput):
		return invalidInput(err.Error())
	}
	return err
}
