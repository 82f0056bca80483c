package fakeiam

import (
	"context"

	"github.com/irsatz/irsatz/internal/awsapi"
)

// Passwords, MFA devices, keys for SSH, signing certificates and credentials for
// single services cannot be made here, so that nobody has any. Tools that clean up
// behind a user ask for all of them.
func (s *Server) credentialOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Guarded("DeleteLoginProfile", s.loginProfileTargets, s.deleteLoginProfile),
		awsapi.Guarded("GetLoginProfile", s.loginProfileTargets, s.getLoginProfile),
		awsapi.Guarded("ListMFADevices", s.ownUserPage, s.listMFADevices),
		awsapi.Guarded("ListSSHPublicKeys", s.ownUserPage, s.listSSHPublicKeys),
		awsapi.Guarded("ListServiceSpecificCredentials", s.serviceCredentialsTargets, s.listServiceCredentials),
		awsapi.Guarded("ListSigningCertificates", s.ownUserPage, s.listSigningCertificates),
		awsapi.Guarded("ListVirtualMFADevices", s.virtualDevicesTargets, s.listVirtualDevices),
	}
}

func (s *Server) loginProfileTargets(call *awsapi.Call, in *ownUserInput) []awsapi.Target {
	return s.ownUser(call, *in)
}

func (s *Server) getLoginProfile(_ context.Context, call *awsapi.Call, in *ownUserInput) (*struct{}, error) {
	return nil, s.noLoginProfile(call, *in)
}

func (s *Server) deleteLoginProfile(_ context.Context, call *awsapi.Call, in *ownUserInput) (*awsapi.NoResult, error) {
	return nil, s.noLoginProfile(call, *in)
}

// noLoginProfile says that a user has no password.
func (s *Server) noLoginProfile(call *awsapi.Call, in ownUserInput) error {
	name, err := in.ownName(call)
	if err != nil {
		return err
	}
	if _, err := user(s.snapshot(), call, name); err != nil {
		return err
	}
	return noSuchEntity("Login Profile for User " + name + " cannot be found.")
}

// ownUserPageInput is about a user, the caller's own or root, page by page.
type ownUserPageInput struct {
	ownUserInput
	page
}

func (s *Server) ownUserPage(call *awsapi.Call, in *ownUserPageInput) []awsapi.Target {
	return s.ownUser(call, in.ownUserInput)
}

// nothing is an empty list, where an answer has one of things that nobody can make.
type nothing []struct{}

// hasNone refuses a user that is not there; whoever is there has none.
func (s *Server) hasNone(call *awsapi.Call, in ownUserInput) (nothing, error) {
	if in.meansRoot(call) {
		return nothing{}, nil
	}
	name, err := in.ownName(call)
	if err != nil {
		return nil, err
	}
	_, err = user(s.snapshot(), call, name)
	return nothing{}, err
}

type mfaDevicesOutput struct {
	MFADevices nothing
	truncation
}

func (s *Server) listMFADevices(_ context.Context, call *awsapi.Call, in *ownUserPageInput) (*mfaDevicesOutput, error) {
	none, err := s.hasNone(call, in.ownUserInput)
	return &mfaDevicesOutput{MFADevices: none}, err
}

type sshPublicKeysOutput struct {
	SSHPublicKeys nothing
	truncation
}

func (s *Server) listSSHPublicKeys(_ context.Context, call *awsapi.Call, in *ownUserPageInput) (*sshPublicKeysOutput, error) {
	none, err := s.hasNone(call, in.ownUserInput)
	return &sshPublicKeysOutput{SSHPublicKeys: none}, err
}

type certificatesOutput struct {
	Certificates nothing
	truncation
}

func (s *Server) listSigningCertificates(_ context.Context, call *awsapi.Call, in *ownUserPageInput) (*certificatesOutput, error) {
	none, err := s.hasNone(call, in.ownUserInput)
	return &certificatesOutput{Certificates: none}, err
}

type serviceCredentialsInput struct {
	ownUserInput
	ServiceName *string
	AllUsers    *bool
	page
}

type serviceCredentialsOutput struct {
	ServiceSpecificCredentials nothing
	truncation
}

func (in *serviceCredentialsInput) ofAll() bool {
	return in.UserName == nil && in.AllUsers != nil && *in.AllUsers
}

func (s *Server) serviceCredentialsTargets(call *awsapi.Call, in *serviceCredentialsInput) []awsapi.Target {
	if in.ofAll() {
		return []awsapi.Target{{}}
	}
	return s.ownUser(call, in.ownUserInput)
}

func (s *Server) listServiceCredentials(_ context.Context, call *awsapi.Call, in *serviceCredentialsInput) (*serviceCredentialsOutput, error) {
	if in.ofAll() {
		return &serviceCredentialsOutput{ServiceSpecificCredentials: nothing{}}, nil
	}
	none, err := s.hasNone(call, in.ownUserInput)
	return &serviceCredentialsOutput{ServiceSpecificCredentials: none}, err
}

type virtualDevicesInput struct {
	AssignmentStatus *string `rule:"enum=Assigned|Unassigned|Any"`
	page
}

type virtualDevicesOutput struct {
	VirtualMFADevices nothing
	truncation
}

func (s *Server) virtualDevicesTargets(call *awsapi.Call, _ *virtualDevicesInput) []awsapi.Target {
	return []awsapi.Target{{Resource: entityARN(call, "mfa/")}}
}

func (s *Server) listVirtualDevices(context.Context, *awsapi.Call, *virtualDevicesInput) (*virtualDevicesOutput, error) {
	return &virtualDevicesOutput{VirtualMFADevices: nothing{}}, nil
}
