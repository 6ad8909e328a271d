"""COMMANDS.txt of an evidence bundle: the check of the bundle with nothing but a shell, sha256sum, gzip and openssl.

The file is a script for any POSIX shell, and written to be read: an expert can type its lines one by one.
"""

from __future__ import annotations

from collections.abc import Sequence

from archive.keys import KeyHistory
from archive.statement import Facts

_START = r"""#!/bin/sh
# The check of this bundle by hand: a POSIX shell, sha256sum, gzip, sed, od, and OpenSSL 3.0 or later.
#
#   unzip BUNDLE.zip -d bundle && cd bundle && sh COMMANDS.txt
#
# Every step can be typed by itself. The script ends with ALL STEPS HOLD, or before that with status 1 at the first step
# that does not hold. It checks what verify_bundle.py checks, but for the records' headers, which it prints, and with
# the signatures of the time-stamps in addition. What all this shows, and what it does not, stands in STATEMENT.en.txt.
set -eu
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
fail() { echo "DOES NOT HOLD: $*" >&2; exit 1; }

# --- 1. No file of the bundle was changed since its manifest was written
sha256sum -c --quiet manifest-sha256.txt || fail "a file is not the one in the manifest"

# --- How the steps below are done
# the entry of the log that a proof is about; one of its values
entry() { sed -n 's/^extra //p' "$1" | openssl base64 -d -A; }
value() { entry "$1" | sed -n 's/.*"'"$2"'":"\([^"]*\)".*/\1/p'; }
# the root that a proof leads to, base64: leaf hash (RFC 9162, 2.1.1), then the path (2.1.3.2). Usage: root PROOF SIZE
root() {
  fn=$(sed -n 's/^index //p' "$1"); sn=$(($2 - 1))
  { printf '\000'; entry "$1"; } | openssl dgst -sha256 -binary > "$T/node"
  sed '1,/^index /d; /^$/,$d' "$1" > "$T/path"
  while read -r sibling; do
    [ "$sn" -ne 0 ] || { echo "too long"; return; }
    printf %s "$sibling" | openssl base64 -d -A > "$T/sibling"
    if [ $((fn & 1)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then
      { printf '\001'; cat "$T/sibling" "$T/node"; } | openssl dgst -sha256 -binary > "$T/up"
      while [ $((fn & 1)) -eq 0 ] && [ "$fn" -ne 0 ]; do fn=$((fn >> 1)); sn=$((sn >> 1)); done
    else
      { printf '\001'; cat "$T/node" "$T/sibling"; } | openssl dgst -sha256 -binary > "$T/up"
    fi
    mv "$T/up" "$T/node"; fn=$((fn >> 1)); sn=$((sn >> 1))
  done < "$T/path"
  if [ "$sn" -eq 0 ]; then openssl base64 -A < "$T/node"; else echo "too short"; fi
}
# a proof leads to the root in the file checkpoint, and is under that checkpoint. Usage: in_log PROOF
in_log() {
  [ "$(root "$1" "$SIZE")" = "$ROOT" ] || fail "$1 does not lead to the root of the checkpoint"
  sed '1,/^$/d' "$1" | cmp -s - "$T/checkpoint" || fail "$1 is under another checkpoint"
}
# a signed note is signed with a key NAME+ID+BASE64 (C2SP signed-note; Ed25519, RFC 8032). Usage: signed NOTE KEY
signed() {
  name=${2%%+*}; rest=${2#*+}; id=${rest%%+*}
  # RFC 8410: what stands before the 32 octets of an Ed25519 key in a public key file
  printf '\060\052\060\005\006\003\053\145\160\003\041\000' > "$T/key"
  printf %s "${rest#*+}" | openssl base64 -d -A | tail -c 32 >> "$T/key"
  sed '/^$/,$d' "$1" > "$T/text"
  sed '1,/^$/d' "$1" > "$T/lines"
  while read -r dash by signature; do
    [ "$dash $by" = "— $name" ] || continue
    printf %s "$signature" | openssl base64 -d -A > "$T/signature"
    [ "$(head -c 4 "$T/signature" | od -An -tx1 | tr -d ' \n')" = "$id" ] || continue
    if [ $# -eq 3 ]; then  # C2SP tlog-cosignature: eight octets of time; signed is a line more
      [ "$(tail -c +5 "$T/signature" | head -c 8 | od -An -tx1 | tr -d ' \n')" = "$(printf %016x "$3")" ] || continue
      { printf 'cosignature/v1\ntime %s\n' "$3"; cat "$T/text"; } > "$T/message"
    else
      cp "$T/text" "$T/message"
    fi
    tail -c 64 "$T/signature" > "$T/sig"
    openssl pkeyutl -verify -pubin -keyform DER -inkey "$T/key" -rawin -in "$T/message" -sigfile "$T/sig" \
      > "$T/said" 2>&1 || fail "the signature of $name on $1 is wrong"
    return 0
  done < "$T/lines"
  fail "$1 is not signed with $2"
}
# the record with so many octets after so many others of the file. Usage: record NUMBER OFFSET LENGTH
record() {
  proof=proofs/$1.tlog-proof
  tail -c +$(($2 + 1)) records.warc.gz | head -c "$3" | gzip -dc > "$T/record" || fail "record $1 cannot be unpacked"
  [ "sha256:$(sha256sum < "$T/record" | cut -d' ' -f1)" = "$(value "$proof" digest)" ] || fail "record $1 was altered"
  in_log "$proof"
  echo "record $1 holds: $(value "$proof" type) $(value "$proof" id)"
  tr -d '\r' < "$T/record" | sed '/^$/q' | grep -E '^WARC-(Target-URI|Date|Record-ID):' | sed 's/^/    /'
}
"""

_LOG = r"""
# --- 2. The log: origin, size and root, as the checkpoint says
{{ cat checkpoint; [ ! -f cosignatures ] || cat cosignatures; }} > "$T/checkpoint"
ORIGIN=$(sed -n 1p checkpoint); SIZE=$(sed -n 2p checkpoint); ROOT=$(sed -n 3p checkpoint)
echo "log $ORIGIN, $SIZE entries, root $ROOT"

# --- 3. Its first entry names the root key, which signs the notes of keys, which name the key of the checkpoint
in_log genesis.tlog-proof
[ "$(sed -n 's/^index //p' genesis.tlog-proof)" = 0 ] || fail "that is not the first entry"
[ "$(value genesis.tlog-proof origin)" = "$ORIGIN" ] || fail "the first entry is of another log"
ROOTKEY=$(value genesis.tlog-proof root)
LOGKEY='{log_key}'
echo "root key $ROOTKEY: compare it with one that you have from elsewhere"
prev=-
for serial in {serials}; do
  signed "keys/$serial.note" "$ROOTKEY"
  [ "$(sed -n 3p "keys/$serial.note")" = "prev $prev" ] || fail "keys/$serial.note does not follow the one before"
  prev=sha256:$(sha256sum < "keys/$serial.note" | cut -d' ' -f1)
done
NOTE=keys/{newest}.note
grep -F "log $LOGKEY " $NOTE > "$T/said" || fail "the key of the checkpoint is not in $NOTE"
from=$(sed -n 's/.* from=\([0-9]*\).*/\1/p' "$T/said"); to=$(sed -n 's/.* to=\([0-9]*\).*/\1/p' "$T/said")
[ "$from" -le "$SIZE" ] && [ "$SIZE" -le "${{to:-$SIZE}}" ] || fail "the key may not sign a log of $SIZE entries"
echo "log key $LOGKEY: $(cut -d' ' -f3- "$T/said")"
if grep -q ' revoked ' "$T/said"; then
  echo "THE KEY WAS REVOKED: the checkpoint counts only if a witness or a time-stamp below is before compromised="
fi
signed checkpoint "$LOGKEY"
grep -qFx "policy sha256:$(sha256sum < policy | cut -d' ' -f1)" $NOTE || fail "the policy is another"
cat policy
"""

_RECORDS = """
# --- 4. Each record is the one in its entry, and its entry is in the log
"""

_WITNESS = """
# --- 5. A witness of the policy has cosigned the checkpoint, at {at}
grep -qFx 'witness {name} {vkey}' policy || fail "the policy knows no witness {name}"
signed "$T/checkpoint" '{vkey}' {seconds}
echo "the witness {name} saw the checkpoint at {at}"
"""

_STAMP = """
# --- 6. {authority}: the time-stamp {time} is over {data}
certificate=sha256:$(sha256sum < {folder}/{name}.pem | cut -d' ' -f1)
grep -hqFx "tsa {name} $certificate" keys/*.note || fail "the notes of keys name another certificate"
openssl ts -reply -in {folder}/{name}.tsr -text > "$T/said" 2>&1; grep '^Time stamp' "$T/said"
openssl ts -verify -data {data} -in {folder}/{name}.tsr -CAfile {folder}/{name}.pem -attime {seconds} \\
  > "$T/said" 2>&1 || fail "the time-stamp by {name}: $(cat "$T/said")"
echo "the time-stamp by {name} over {data} holds"
"""

_BEFORE = """
# --- 7. Entries that stood in the log before the captures, on the beginning of the crawls, and on recoveries
for proof in after/*.tlog-proof sessions/*.tlog-proof recovery/*.tlog-proof; do
  [ -f "$proof" ] || continue
  in_log "$proof"
  [ "$(sed -n 's/^index //p' "$proof")" -lt {first} ] || [ "${{proof%%/*}}" != after ] || fail "$proof is not before"
  echo "the log says: $(entry "$proof")"
done
"""

_ANCHORED = """digest=sha256:$(sha256sum < after/{name}.tsr | cut -d' ' -f1)
[ "$digest" = "$(value after/anchor.tlog-proof digest)" ] || fail "after/{name}.tsr is not the one in the log"
"""


def commands(facts: Facts, lengths: Sequence[int], history: KeyHistory) -> str:
    """The script; `lengths`: of the gzip members, in their order."""
    before = facts.before
    serials = [note.serial for note in history.notes]
    parts = [_START, _LOG.format(log_key=facts.log_key, serials=" ".join(map(str, serials)), newest=serials[-1])]
    offset = 0
    parts.append(_RECORDS)
    for number, length in enumerate(lengths):
        parts.append(f"record {number:05} {offset} {length}\n")
        offset += length
    parts.append(f'[ "$(wc -c < records.warc.gz)" -eq {offset} ] || fail "octets after the last record"\n')
    if not facts.witnesses:
        parts.append("\n# --- 5. (no witness has cosigned the checkpoint)\n")
    for name, at in facts.witnesses:
        vkey = history.policy.witnesses[name]
        parts.append(_WITNESS.format(name=name, vkey=vkey, at=at.isoformat(), seconds=int(at.timestamp())))
    if not facts.stamps:
        parts.append("\n# --- 6. (no time-stamp over the checkpoint)\n")
    for stamp in facts.stamps:
        parts.append(
            _STAMP.format(
                name=stamp.name,
                authority=_comment(stamp.authority),
                time=stamp.stamped_at.isoformat(),
                data="checkpoint",
                folder="tsa",
                seconds=int(stamp.stamped_at.timestamp()),
            )
        )
    if before is not None or facts.beacon is not None or facts.sessions or facts.recovered:
        parts.append(_BEFORE.format(first=min(one.index for one in facts.captures)))
    if before is not None:
        parts.append(_ANCHORED.format(name=before.name))
        parts.append(
            _STAMP.format(
                name=before.name,
                authority=_comment(before.authority),
                time=before.stamped_at.isoformat(),
                data="after/checkpoint",
                folder="after",
                seconds=int(before.stamped_at.timestamp()),
            )
        )
    parts.append("\necho ALL STEPS HOLD\n")
    return "".join(parts)


def _comment(text: str) -> str:
    """A name from a certificate, such that it stays a comment."""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:200])
