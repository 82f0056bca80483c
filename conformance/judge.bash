# One case: run the client as the changed pod, compare what it saw with cases.tsv, ask irsatz why. Sourced by run.

# judge CLIENT TRANSPORT WALKTHROUGH CASE OVER CHANGE OPERATION OUTCOME TEXT WHY
judge() {
  local client=$1 transport=$2 w=$3 name=$4
  local change operation outcome=$8 text why line verdict log
  local title="$client $transport $w $name"
  local -a flags command arguments
  log=$(mktemp "$work/log.XXXXXX")
  change=$(fill "$6") operation=$(fill "$7") text=$(fill "$9") why=$(fill "${10}")
  read -r -a arguments <<<"$operation"
  if ! pod "$w" "$change" 2>"$log"; then
    fail "$title" "the pod cannot be set up: $(tail -n 2 "$log")"
    return
  fi
  start "$client"
  # shellcheck disable=SC2046 # a transport may have no flag
  line=$(irsatz "$w" exec "${flags[@]}" $(transport_flags "$transport") -- "${command[@]}" "${arguments[@]}" 2>"$log" </dev/null) || true
  verdict=$(compare "$line" "$outcome" "$text")
  [[ $verdict || $outcome == ok || $why == - ]] || verdict=$(explained "$w" "$line" "$why")
  if [[ -z $verdict ]]; then
    echo "ok $title" | tee -a "$work/report"
  else
    fail "$title" "$verdict" "$([[ $line ]] || grep -v '^\s*at ' "$log" | tail -n 5)"
  fi
}

# fill TEXT writes the walkthrough's and the client's own words for the names in braces.
fill() {
  local t=$1
  t=${t//\{ns\}/${namespace[$w]}} t=${t//\{sa\}/${serviceaccount[$w]}} t=${t//\{account\}/${account[$w]}}
  t=${t//\{role\}/${role[$w]}} t=${t//\{bucket\}/${bucket[$w]}} t=${t//\{lane\}/$client-$transport}
  t=${t//\{small\}/$work/small} t=${t//\{big\}/$work/big} t=${t//\{big-sha256\}/$digest}
  echo "${t//\{session\}/$(session_name "$client")}"
}

# compare LINE OUTCOME TEXT prints what differs, or nothing.
compare() {
  local got status code message
  if [[ $2 == ok ]]; then
    got=${1#ok"$tab"}
    # shellcheck disable=SC2053 # the text is a pattern
    [[ $1 == ok"$tab"* && $got == $3 ]] || printf 'wanted ok %s, got %s' "$3" "${1:-nothing}"
    return
  fi
  got=$(field "$1" 1) status=$(field "$1" 2) code=$(field "$1" 3) message=$(field "$1" 5)
  # shellcheck disable=SC2053 # the text is a pattern
  [[ $got == refused && "$status $code" == "$2" && $message == $3 ]] || printf 'wanted %s: %s, got %s' "$2" "$3" "${1:-nothing}"
}

# explained W LINE WHY prints what `irsatz why` leaves out of what decided the request, or nothing.
explained() {
  local id tree part
  id=$(field "$2" 4)
  [[ $id ]] || { printf 'no request id in %s' "$2" && return; }
  if ! tree=$(irsatz "$1" why "$id" 2>&1); then
    printf 'irsatz why %s: %s' "$id" "$tree"
    return
  fi
  while read -r part; do
    [[ $tree == *"$part"* ]] || printf 'irsatz why %s does not name %s: %s' "$id" "$part" "$tree"
  done <<<"${3// + /$newline}"
}

# field LINE N: a tab in read's IFS would swallow an empty field.
field() { cut -f "$2" <<<"$1"; }

# last_denial CLIENT: without a request id, why explains the last denial there was.
last_denial() {
  local client=$1 transport tree
  local -a flags command
  transport=$(transports "$client")
  transport=${transport%% *}
  pod A -
  start "$client"
  # shellcheck disable=SC2046 # a transport may have no flag
  irsatz A exec "${flags[@]}" $(transport_flags "$transport") -- "${command[@]}" list-buckets >/dev/null 2>&1 || true
  tree=$(irsatz A why 2>&1) || true
  if [[ $tree == *s3:ListAllMyBuckets* ]]; then
    echo "ok $client $transport A why-of-the-last-denial" | tee -a "$work/report"
  else
    fail "$client $transport A why-of-the-last-denial" "$tree"
  fi
}

# fail TITLE DETAIL… prints at once, since the lanes share one output.
fail() {
  local text
  text=$(echo "FAIL $1" && printf '%s\n' "${@:2}" | sed '/^$/d; s/^/     /')
  printf '%s\n' "$text" | tee -a "$work/report"
}

# not_run CLIENT REASON counts as one skip, or as one failure where every client is required.
not_run() {
  if [[ ${CONFORMANCE_REQUIRE:-} == all ]]; then
    fail "$1" "not run, though every client is required: $2"
  else
    echo "not run $1: $2" | tee -a "$work/report"
  fi
}

summary() {
  local passed failed skipped
  passed=$(grep -c '^ok ' "$work/report" || true)
  failed=$(grep -c '^FAIL ' "$work/report" || true)
  skipped=$(grep -c '^not run ' "$work/report" || true)
  echo "$passed passed, $failed failed, $skipped skipped"
  [[ $failed == 0 ]]
}
