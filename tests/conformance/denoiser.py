"""The linear MMSE estimate of codewords by numpy, without eigenvectors.

    denoiser.py CODEWORDS.npy RECEIVED.npy SNR_DB ESTIMATES.npy

m + C (C + n I)^-1 (z - m) of each received z, with mean m and covariance C of the codewords and
n = 10^(-SNR / 10).
"""
import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np

known, received = (np.load(path).astype(np.float64) for path in sys.argv[1:3])
noise = 10 ** (-float(sys.argv[3]) / 10)
mean, covariance = known.mean(0), np.cov(known.T, bias=True)
wiener = np.linalg.solve(covariance + noise * np.eye(len(covariance)), covariance).T
estimate = mean + (received - mean) @ wiener.T
np.save(sys.argv[4], np.ascontiguousarray(estimate.astype(np.float32)))
