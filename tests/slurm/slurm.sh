#!/usr/bin/env bash
# A real Slurm on one machine, with two pretended GPUs:  slurm.sh start DIR,  slurm.sh stop DIR
# Logs, state and spool are in DIR; two files are in /etc/slurm, the one place where all of Slurm's processes look.
# Needs root, and Debian's packages: `start` installs those that are missing. `stop` removes what `start` installed,
# since Snakemake's plugin asks for the controller at each start of a Snakemake that finds Slurm's commands.
# Exit code 77: not possible on this machine.
set -euo pipefail

PATH=$PATH:/usr/sbin:/sbin  # where daemons are, and some users' PATH is not
ETC=/etc/slurm
MARK="# Written by tests/slurm/slurm.sh, for"
PACKAGES=(slurmctld slurmd slurm-client munge)

cannot() {
    echo "$1" >&2
    exit 77
}

alive() { # a zombie is not: in a container nobody may collect it
    pid=$(cat "$1.pid" 2>/dev/null) && grep -qs '^State:.[^Z]' "/proc/$pid/status"
}

ours() { # whose a file of /etc/slurm is: prints DIR
    sed -n "1s|^$MARK ||p" "$1" | grep .
}

installed() {
    for package in "${PACKAGES[@]}"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || return
    done
}

install() {
    get=(apt-get install -qq -y --no-install-recommends "${PACKAGES[@]}")
    "${get[@]}" --download-only || { apt-get update -qq && "${get[@]}" --download-only; } || return
    "${get[@]}" --simulate | sed -n 's/^Inst \([^ ]*\).*/\1/p' >"$dir/installed"
    "${get[@]}"
}

configure() {
    mkdir -p "$ETC" "$dir/state" "$dir/spool"
    cat >"$ETC/slurm.conf" <<CONF
$MARK $dir
ClusterName=pretended
SlurmctldHost=localhost
SlurmUser=root
AuthInfo=socket=$dir/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
# Jobs that have ended can be asked about for an hour
MinJobAge=3600
KillWait=2
ReturnToService=2
# The node may claim more than the machine has
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=1
SlurmctldPidFile=$dir/slurmctld.pid
SlurmctldLogFile=$dir/slurmctld.log
StateSaveLocation=$dir/state
SlurmdPidFile=$dir/slurmd.pid
SlurmdLogFile=$dir/slurmd.log
SlurmdSpoolDir=$dir/spool
NodeName=localhost CPUs=16 RealMemory=64000 Gres=gpu:2
PartitionName=pretended Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
    printf '%s\n' "$MARK $dir" AutoDetect=off 'Name=gpu File=/dev/null' 'Name=gpu File=/dev/zero' >"$ETC/gres.conf"
}

start() {
    [ "$EUID" = 0 ] || cannot "Slurm's daemons need root."
    [ -z "${SLURM_CONF-}" ] || cannot "SLURM_CONF names another Slurm."
    for file in "$ETC"/{slurm,gres}.conf; do
        [ -e "$file" ] || continue
        other=$(ours "$file") || cannot "$file belongs to another Slurm, which is left alone."
        ! alive "$other/slurmctld" || cannot "A Slurm is running already: slurm.sh stop $other"
    done
    mkdir -p "$dir"
    installed || DEBIAN_FRONTEND=noninteractive install >"$dir/apt.log" 2>&1 ||
        cannot "Slurm is not installed and cannot be: $(tail -n 1 "$dir/apt.log")"
    trap '[ $? = 0 ] || { tail -n 20 "$dir"/*.log; stop; } >&2' EXIT
    configure
    (umask 077 && head -c 1024 /dev/urandom >"$dir/munge.key")
    # forced, since DIR may be one that only root can read
    munged --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" \
        --log-file="$dir/munged.log" --seed-file="$dir/munge.seed" 2>/dev/null
    slurmctld
    slurmd
    for _ in {1..100}; do
        [ "$(sinfo -h -o %T 2>/dev/null)" != idle ] || return 0
        sleep 0.2
    done
    return 1
}

stop() {
    if alive "$dir/slurmctld"; then
        scancel --user=root
        for _ in {1..50}; do
            [ -n "$(squeue -h -t running,completing)" ] || break
            sleep 0.2
        done
    fi
    # before the daemons, for which Snakemakes that start meanwhile would wait
    for file in "$ETC"/{slurm,gres}.conf; do
        [ ! -e "$file" ] || [ "$(ours "$file")" != "$dir" ] || rm "$file"
    done
    for daemon in slurmd slurmctld munged; do
        ! alive "$dir/$daemon" || kill "$(cat "$dir/$daemon.pid")"
        for _ in {1..50}; do
            alive "$dir/$daemon" || break
            sleep 0.1
        done
    done
    if [ -s "$dir/installed" ]; then
        DEBIAN_FRONTEND=noninteractive xargs -a "$dir/installed" apt-get purge -qq -y >>"$dir/apt.log" 2>&1
        rm "$dir/installed"
    fi
}

case ${1-} in
start | stop)
    dir=$(realpath -m "${2:?DIR}")
    "$1"
    ;;
*) cannot "usage: slurm.sh start|stop DIR" ;;
esac
