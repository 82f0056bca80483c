# The clients: how each is installed, over which transports it can be led to irsatz, and how it is started.
# Sourced by run. Packages come from each language's own registry, by name and pinned version.

# install CLIENT; when it fails, its last line of output says why. What is installed already stays.
install() {
  case $1 in
    js)
      needs node && needs npm || return
      mkdir -p "$cache/js"
      cp "$here/js/s3.mjs" "$here/js/package.json" "$here/js/.npmrc" "$cache/js/"
      installed js "$here/js/package-lock.json" && return
      cp "$here/js/package-lock.json" "$cache/js/"
      (cd "$cache/js" && npm ci --no-audit --no-fund --loglevel=error) && installed_now js "$here/js/package-lock.json" ;;
    python | awscli) # One environment for both: they share botocore. Whoever comes second waits.
      needs python3 || return
      mkdir -p "$cache/python"
      (
        ! command -v flock >/dev/null || flock 9
        installed python "$here/python/requirements.txt" && exit
        python3 -m venv "$cache/python" && "$cache/python/bin/pip" install --quiet -r "$here/python/requirements.txt" &&
          installed_now python "$here/python/requirements.txt"
      ) 9>"$cache/python.lock" ;;
    java)
      needs java && needs javac && needs mvn || return
      mkdir -p "$cache/java"
      installed java "$here/java/pom.xml" ||
        { mvn --quiet --batch-mode -f "$here/java/pom.xml" dependency:copy-dependencies -DoutputDirectory="$cache/java/lib" &&
          installed_now java "$here/java/pom.xml"; } || return
      javac -cp "$cache/java/lib/*" -d "$cache/java/classes" "$here/java/src/main/java/S3.java" ;;
    *) echo "there is no client $1" && return 1 ;;
  esac
}

installed() { cmp -s "$2" "$cache/$1/installed"; }

installed_now() { cp "$2" "$cache/$1/installed"; }

needs() { command -v "$1" >/dev/null || { echo "$1 is not here" && return 1; }; }

# The walkthroughs a client runs in full: those that are written for it, or both. Of the others it runs the cases of "each".
home() {
  case $1 in
    js) echo A ;;
    java) echo B ;;
    *) echo "A B" ;;
  esac
}

# The first transport runs every case, the others those of "each". Node's SDK reads no proxy variables and the old
# Java SDK no endpoint variables, so neither has them all.
transports() {
  case $1 in
    js) echo "http tls" ;;
    python | awscli) echo "http tls intercept" ;;
    java) echo "intercept" ;;
  esac
}

# The flags of irsatz exec for a transport.
transport_flags() {
  case $1 in
    http) ;;
    tls) echo --tls ;;
    intercept) echo --intercept ;;
  esac
}

# start CLIENT sets command to the client's program. Version 1.11.606 of the Java SDK signs AssumeRoleWithWebIdentity
# with what the node gives it (AWS looks at no signature there); the two properties stand in for the node's credentials.
start() {
  case $1 in
    js) command=(node "$cache/js/s3.mjs") ;;
    python) command=("$cache/python/bin/python" "$here/python/s3.py") ;;
    awscli) command=(env "PATH=$cache/python/bin:$PATH" "$here/awscli/s3") ;;
    java) command=(java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC # starts sooner
      -Daws.accessKeyId=AKIANODE -Daws.secretKey=node -cp "$cache/java/classes:$cache/java/lib/*" S3) ;;
  esac
}

# The name each SDK gives its session, as a pattern; the Java program gives its own, since that SDK has no default yet.
session_name() {
  case $1 in
    js) echo 'aws-sdk-js-session-+([0-9])' ;;
    python | awscli) echo 'botocore-session-+([0-9])' ;;
    java) echo 's3fullaccess' ;;
  esac
}
