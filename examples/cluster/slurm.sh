#!/bin/bash
# Four hosts of eight GPUs, one process a host. `sbatch examples/cluster/slurm.sh`; the same again goes on.
#
# Mezzotint finds the other processes by SLURM's own variables. SIGTERM comes two minutes before the time is up:
# all processes save the same step and exit with 0, and the job puts itself in the queue again.
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
srun --kill-on-bad-exit=1 mezzotint train flowers-small --data "$DATA" --out "$OUT" --batch-size 2048 \
  --shard params --copies 4

# Done, or stopped by the clock: only what is not done goes on.
reached=$(ls "$OUT/checkpoints" | grep -E '^[0-9]+$' | sort -n | tail -1)
wanted=$(python -c "import json, sys; print(json.load(open(sys.argv[1]))['config']['steps'])" "$OUT/config.json")
if [ "$reached" -lt "$wanted" ]; then scontrol requeue "$SLURM_JOB_ID"; fi
