package webhook

// The environment variables, in upstream's order.
const (
	envRegionalSTS   = "AWS_STS_REGIONAL_ENDPOINTS"
	envDefaultRegion = "AWS_DEFAULT_REGION"
	envRegion        = "AWS_REGION"
	envRoleARN       = "AWS_ROLE_ARN"
	envTokenFile     = "AWS_WEB_IDENTITY_TOKEN_FILE"
)

// Env returns what is appended to the environment of a container that already
// has variables of the given names. The variables of region and of identity
// come in pairs, and either name of a pair keeps both away: a container with
// AWS_ROLE_ARN alone gets no token file, as upstream has it.
func (in Injection) Env(preset ...string) []Env {
	has := presence(preset)
	env := make([]Env, 0, 5)
	if in.regionalSTS && !has.regionalSTS {
		env = append(env, Env{envRegionalSTS, "regional"})
	}
	if in.region != "" && !has.region {
		env = append(env, Env{envDefaultRegion, in.region}, Env{envRegion, in.region})
	}
	if !has.identity {
		env = append(env, Env{envRoleARN, in.RoleARN}, Env{envTokenFile, in.tokenFile})
	}
	return env
}

// LeavesAlone reports whether a container with variables of the given names is
// not touched at all, and so gets no mount either: all that could be injected
// is there already.
func (in Injection) LeavesAlone(preset ...string) bool {
	has := presence(preset)
	return has.regionalSTS && has.region && has.identity
}

// present tells which groups of variables a container has. Names count, no
// matter whether they have a value or take it from somewhere.
type present struct{ regionalSTS, region, identity bool }

func presence(names []string) present {
	var has present
	for _, name := range names {
		switch name {
		case envRegionalSTS:
			has.regionalSTS = true
		case envDefaultRegion, envRegion:
			has.region = true
		case envRoleARN, envTokenFile:
			has.identity = true
		}
	}
	return has
}
