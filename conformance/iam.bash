# The table iam.tsv, for the clients that can name any operation of IAM. Sourced by run.

# iam_program CLIENT sets program to what reads the table with the client; fails for a client that has none.
iam_program() {
  case $1 in
    python) program=("$cache/python/bin/python" "$here/python/iam.py") ;;
    awscli) program=(env "PATH=$cache/python/bin:$PATH" "$here/awscli/iam") ;;
    *) return 1 ;;
  esac
}

# iam CLIENT runs the table against the client's own server, which must be up.
iam() {
  local w=iam-$1 line title verdict
  local -a program
  iam_program "$1"
  while IFS= read -r line; do
    verdict=${line%% *} title="$1 iam ${line#* }"
    case $verdict in
      ok) echo "ok $title" | tee -a "$work/report" ;;
      *) fail "${title%%"$tab"*}" "${title#*"$tab"}" ;;
    esac
  done < <(
    AWS_ENDPOINT_URL=${endpoint[$w]} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=eu-west-1 \
      IRSATZ=$IRSATZ IRSATZ_CONTROL=${control[$w]} "${program[@]}" "$here/iam.tsv" "${control[$w]}" 2>"$work/log.$w" ||
      printf 'FAIL to the end\t%s\n' "$(tail -n 3 "$work/log.$w")"
  )
}
