#!/usr/bin/env bash
# Part of spoq-move: the people of the server before this one.

# Numbers differ between images of systems, names do not: so everything is copied by name, and names are made first.
# A number that is free here stays whose it is there; so who has to get another one comes last.
people() {
  local round name uid gid gecos home shell group members
  for round in same any; do
    while IFS=: read -r name _ gid members; do
      ((gid >= 1000 && gid < 60000)) || continue
      [ $round = any ] || ! getent group "$gid" >/dev/null || continue
      group "$name" "$gid"
    done < <(said group)
  done
  for round in same any; do
    while IFS=: read -r name _ uid gid gecos home shell; do
      ((uid >= 1000 && uid < 60000)) || continue
      [[ $name =~ ^[A-Za-z_][A-Za-z0-9_.-]{0,31}$ ]] || continue
      [ $round = any ] || ! getent passwd "$uid" >/dev/null || continue
      person "$name" "$uid" "$gid" "$gecos" "$home" "$shell" || return 1
    done < <(said passwd)
  done
  while IFS=: read -r name _ uid _; do
    ((uid >= 1000 && uid < 60000)) || continue
    getent passwd "$name" >/dev/null || continue
    while IFS=: read -r group _ _ members; do
      [[ ,$members, == *",$name,"* ]] && getent group "$group" >/dev/null && usermod --append --groups "$group" "$name"
    done < <(said group)
  done < <(said passwd)
  return 0
}

group() { # name, number
  [[ $1 =~ ^[A-Za-z_][A-Za-z0-9_.-]{0,31}$ ]] || return 0
  getent group "$1" >/dev/null && return 0
  note "Adding the group $1."
  if getent group "$2" >/dev/null; then groupadd "$1"; else groupadd --gid "$2" "$1"; fi
}

person() { # name, uid, gid, gecos, home, shell
  local name=$1 shell=$6 main hash arguments=()
  if ! getent passwd "$name" >/dev/null; then
    note "Adding the user $name."
    # Who was made here stays ours when this ends halfway.
    printf '%s\n' "$name" >>"$MOVE/people"
    getent passwd "$2" >/dev/null || arguments+=(--uid "$2")
    [ -x "$shell" ] || shell=/bin/bash
    main=$(said group | awk -F: -v gid="$3" '$3 == gid { print $1; exit }')
    group "$main" "$3"
    useradd --badname --no-create-home --no-user-group --gid "$main" \
      --home-dir "$5" --shell "$shell" --comment "$4" "${arguments[@]}" "$name" || why "The user $name cannot be made here." || return 1
  fi
  grep -qxsF "$name" "$MOVE/people" || return 0
  hash=$(said shadow | awk -F: -v name="$name" '$1 == name { print $2; exit }')
  printf '%s:%s\n' "$name" "${hash:-*}" | chpasswd --encrypted
}
