#!/bin/sh
# Installs the spoq command, version {{version}}, from {{base}}.
# Everything is in one function that the last line calls: half a script does nothing.
#   SPOQ_INSTALL_DIR   where to put it; default: /usr/local/bin if it may be written, else ~/.local/bin
set -eu

main() {
  base='{{base}}'
  token='{{token}}'
  version='{{version}}'
  part=''
  trap tidy EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM

  name=$(artifact)
  case "$name" in
{{artifacts}}
    *) fail "There is no build for $name here yet. See $base/local for other ways." ;;
  esac

  [ -n "$token" ] || token=$(sign_in)
  folder=$(target)
  part="$folder/.spoq-download-$$"
  say "Downloading spoq $version ($((size / 1048576)) MiB) from $base"
  download "$base/releases/$name?token=$token" "$part" || fail "The download failed. Take a new command from $base and try again."
  [ "$(checksum "$part")" = "$sha256" ] || fail "The download is damaged: its checksum is wrong. Nothing was installed. Take a new command from $base and try again."
  chmod 755 "$part"
  mv -f "$part" "$folder/spoq"
  part=''

  say "Installed $folder/spoq"
  case ":$PATH:" in
    *":$folder:"*) command="spoq" ;;
    *)
      command="$folder/spoq"
      say "To call it by its name, add this line to your shell's profile:"
      say "  export PATH=\"$folder:\$PATH\""
      ;;
  esac
  say "Next: $command init --url $base"
}

say() { printf '%s\n' "$*" >&2; }

tidy() { [ -z "$part" ] || rm -f "$part"; }

fail() {
  say "spoq: $*"
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# Such as spoq-linux-amd64.
artifact() {
  case "$(uname -s)" in
    Linux) system=linux ;;
    Darwin) system=darwin ;;
    *) fail "This works on Linux and macOS. On Windows, use it inside WSL 2." ;;
  esac
  case "$(uname -m)" in
    x86_64 | amd64) machine=amd64 ;;
    aarch64 | arm64) machine=arm64 ;;
    *) fail "There is no build for $(uname -m) machines." ;;
  esac
  printf 'spoq-%s-%s' "$system" "$machine"
}

target() {
  if [ -n "${SPOQ_INSTALL_DIR:-}" ]; then
    folder=$SPOQ_INSTALL_DIR
  elif [ -d /usr/local/bin ] && [ -w /usr/local/bin ]; then
    folder=/usr/local/bin
  else
    folder=${HOME:?}/.local/bin
  fi
  mkdir -p "$folder" || fail "$folder cannot be made. Name a folder you may write to: SPOQ_INSTALL_DIR=~/bin"
  [ -w "$folder" ] || fail "$folder cannot be written to. Name another: SPOQ_INSTALL_DIR=~/bin"
  (cd "$folder" && pwd)
}

# A broken download goes on where it stopped.
download() {
  url=$1 file=$2
  if has curl; then
    if [ -t 2 ]; then set -- --progress-bar; else set -- --silent --show-error; fi
    tries=0
    until curl --fail --location "$@" --continue-at - --output "$file" "$url"; do
      tries=$((tries + 1))
      { [ "$tries" -lt 4 ] && [ -s "$file" ]; } || return 1
      say "The connection broke. Going on where it stopped."
      sleep 1
    done
  elif has wget; then
    wget --quiet --continue --tries 4 --output-document "$file" "$url"
  else
    fail "Neither curl nor wget is here. Install one of them, then try again."
  fi
}

checksum() {
  if has sha256sum; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif has shasum; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  else
    openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1
  fi
}

# The value of one text in a flat JSON answer.
json() { sed -n 's/.*"'"$1"'" *: *"\([^"]*\)".*/\1/p'; }

# Without a token in this script: RFC 8628, then a download token of one's own.
sign_in() {
  has curl || fail "Signing in from here needs curl. Install it, or take the install command from your dashboard at $base/dashboard"
  answer=$(curl --silent --show-error --data client_id=spoq-cli "$base/oauth/device_authorization") || fail "$base cannot be reached."
  device=$(printf '%s' "$answer" | json device_code)
  [ -n "$device" ] || fail "$base did not begin a sign-in: $answer"
  say ""
  say "Downloads are for people with an account. To sign in, open"
  say "  $(printf '%s' "$answer" | json verification_uri_complete)"
  say "and check that it shows these words: $(printf '%s' "$answer" | json user_code)"
  say ""
  wait=5
  while :; do
    sleep "$wait"
    answer=$(curl --silent --show-error --data client_id=spoq-cli --data "device_code=$device" \
      --data grant_type=urn:ietf:params:oauth:grant-type:device_code "$base/oauth/token") || continue
    access=$(printf '%s' "$answer" | json access_token)
    [ -z "$access" ] || break
    case "$(printf '%s' "$answer" | json error)" in
      authorization_pending) ;;
      slow_down) wait=$((wait + 5)) ;;
      access_denied) fail "The sign-in was denied." ;;
      expired_token) fail "Nobody signed in within ten minutes. Run this again." ;;
      *) fail "The sign-in failed: $answer" ;;
    esac
  done
  answer=$(curl --silent --show-error --header "Authorization: Bearer $access" --header 'Content-Type: application/json' \
    --data '{"binary":"cli"}' "$base/releases/token") || fail "$base cannot be reached."
  issued=$(printf '%s' "$answer" | json token)
  [ -n "$issued" ] || fail "No download token was given: $answer"
  printf '%s' "$issued"
}

main "$@"
