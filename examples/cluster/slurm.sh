#!/bin/bash
# Four hosts of eight GPUs, one process a host. `sbatch examples/cluster/slurm.sh`; the same again goes on.
#
# Mezzotint finds the other processes by SLURM's own variables. SIGTERM comes two minutes before the time is up:
# all processes save the same step and exit with 75, and the job puts itself in the queue again.
#SBATCH --job-name=mezzotint
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=64
#SBATCH --time=08:00:00
#SBATCH --signal=TERM@120
#SBATCH --requeue
#SBATCH --open-mode=append

set -euo pipefail
: "${DATA:?the pictures, on storage that all hosts see}" "${OUT:?the run folder, on storage that all hosts see}"

# With one process a host JAX takes one GPU of it unless it is told of all.
export JAX_LOCAL_DEVICE_IDS=0,1,2,3,4,5,6,7
# srun does not take the cores from sbatch. Where one process ends, the others have a minute, in which they
# notice or are done too: to be killed at once would give SIGKILL's code in place of 75.
code=0
srun --cpus-per-task="$SLURM_CPUS_PER_TASK" --kill-on-bad-exit=0 --wait=60 \
  mezzotint train flowers-small --data "$DATA" --out "$OUT" --batch-size 2048 \
  --shard params --copies 4 --wait 600 --stopped-exit-code 75 || code=$?

if [ "$code" -eq 75 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit "$code"
