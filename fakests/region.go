package fakests

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/irsatz/irsatz/internal/awsapi"
)

// checkRegion refuses accounts that have not activated STS in the region of the
// request
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html).
func (s *Server) checkRegion(call *awsapi.Call, accountID string) error {
	region := call.Record.Region
	if !slices.Contains(s.config.DisabledRegions, region) {
		return nil
	}
	call.Explain(
		fmt.Sprintf("STS is not activated in %s, for the whole account %s: no policy and no token can change that", region, accountID),
		"activate STS for "+region+" in the account settings of IAM (here: leave the region out of --sts-disabled-region), or set AWS_REGION to a region where it is active")
	return &awsapi.Error{
		Code: "RegionDisabledException", Status: http.StatusForbidden,
		Message: "STS is not activated in this region for account:" + accountID + ". Your account administrator can activate STS in this region using the IAM Console.",
	}
}

// active makes a signed operation ask first whether STS is active for the
// caller.
func active[In, Out any](s *Server, run func(context.Context, *awsapi.Call, *In) (*Out, error)) func(context.Context, *awsapi.Call, *In) (*Out, error) {
	return func(ctx context.Context, call *awsapi.Call, in *In) (*Out, error) {
		if err := s.checkRegion(call, call.Caller.AccountID); err != nil {
			return nil, err
		}
		return run(ctx, call, in)
	}
}
