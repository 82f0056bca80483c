# The walkthroughs' servers, and the environment of one pod with one thing changed about it. Sourced by run.

declare -A control endpoint namespace account role bucket serviceaccount
namespace=([A]=my-cluster-namespace [B]=ns-utils)
serviceaccount=([A]=my-serviceaccount [B]=s3fullaccess)
account=([A]=111122223333 [B]=780795068345)
role=([A]=eks-s3-role [B]=eksctl-sandbox-addon-iamserviceaccount-Role1-1Y053HXQ9Y5SY)
bucket=([A]=my-s3-bucket [B]=track-uploads)

# walkthrough W starts its server, and takes two sessions: one that lives, and one that ended an hour ago by the server's clock.
walkthrough() {
  local w=$1
  server "$w" "$here/blog-${w,,}.yaml"
  irsatz "$w" clock set "$(date -u -d '2 hours ago' +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -v-2H +%Y-%m-%dT%H:%M:%SZ)" >/dev/null
  session "$w" expired
  irsatz "$w" clock advance 2h >/dev/null
  session "$w" live
}

# server W SETUP starts a server and waits until it is up.
server() {
  local w=$1 file=$work/endpoints.$1 tries=0
  "$IRSATZ" serve -f "$2" --listen 127.0.0.1:0 --control 127.0.0.1:0 --endpoints-file "$file" >"$work/server.$w" 2>&1 &
  until [[ -s $file ]]; do
    tries=$((tries + 1))
    if ((tries > 100)) || ! kill -0 "$!" 2>/dev/null; then
      cat "$work/server.$w" >&2
      die "the server for $w did not start"
    fi
    sleep 0.1
  done
  control[$w]=$(sed -nE 's/.*"control": *"([^"]*)".*/\1/p' "$file")
  endpoint[$w]=$(sed -nE 's/.*"aws": *"([^"]*)".*/\1/p' "$file")
}

irsatz() { IRSATZ_CONTROL=${control[$1]} "$IRSATZ" "${@:2}"; }

# session W NAME keeps a session's three credentials in a file, in the order key, secret, token.
session() {
  local w=$1 answer
  irsatz "$w" create token "${serviceaccount[$w]}" -n "${namespace[$w]}" >"$work/token.$w.$2"
  answer=$(curl -sS "${endpoint[$w]}/" --data Action=AssumeRoleWithWebIdentity --data Version=2011-06-15 \
    --data-urlencode "RoleArn=arn:aws:iam::${account[$w]}:role/${role[$w]}" --data RoleSessionName=kept \
    --data-urlencode "WebIdentityToken@$work/token.$w.$2" | tr -d '\n')
  [[ $answer == *"<AccessKeyId>"* ]] || die "no session for walkthrough $w: $answer"
  local tag
  for tag in AccessKeyId SecretAccessKey SessionToken; do
    sed -E "s|.*<$tag>([^<]*)</$tag>.*|\1|" <<<"$answer"
  done >"$work/session.$w.$2"
}

# pod W CHANGE sets flags to those of irsatz exec for the walkthrough's pod with that one change.
pod() {
  local w=$1 kind=${2%% *} rest=${2#* }
  flags=(-n "${namespace[$w]}" --serviceaccount "${serviceaccount[$w]}")
  case $kind in
    -) ;;
    pod) flags=(-n "${rest%/*}" --serviceaccount "${rest#*/}") ;;
    role) identity "$w" "$rest" ;;
    token)
      # shellcheck disable=SC2086 # the rest is a list of arguments
      identity "$w" "arn:aws:iam::${account[$w]}:role/${role[$w]}" $rest ;;
    session) kept "$w" "$rest" ;;
    *) die "cases.tsv: there is no change $kind" ;;
  esac
}

# identity W ARN TOKEN-FLAGS… names role and token itself. The webhook keeps its hands off both when a container has either.
identity() {
  local file
  file=$(mktemp "$work/token.XXXXXX")
  irsatz "$1" create token "${serviceaccount[$1]}" -n "${namespace[$1]}" "${@:3}" >"$file" || return
  flags+=(--env "AWS_ROLE_ARN=$2" --env "AWS_WEB_IDENTITY_TOKEN_FILE=$file")
}

# kept W WHICH adds the credentials of a session that the program kept, spoiled as named.
kept() {
  local -a have
  if [[ $2 == expired ]]; then mapfile -t have <"$work/session.$1.expired"; else mapfile -t have <"$work/session.$1.live"; fi
  case $2 in
    live | expired) ;;
    altered-secret) have[1]=${have[1]:1}A ;;
    malformed-token) have[2]=not-a-session-token ;;
    no-token) have[2]= ;;
    *) die "cases.tsv: there is no session $2" ;;
  esac
  flags+=(--env "AWS_ACCESS_KEY_ID=${have[0]}" --env "AWS_SECRET_ACCESS_KEY=${have[1]}")
  [[ -z ${have[2]} ]] || flags+=(--env "AWS_SESSION_TOKEN=${have[2]}")
}
