"""Guidance: from denoisers to a denoiser; weights, labels and files are none of its business."""
