// Noise schedules: x = alpha * image + sigma * noise, for t from 0 (clean) to 1 (noise).
// They are those of mezzotint/core/schedule.py, which has the papers; a sidecar names one by its kind.

const sigmoid = (v) => 1 / (1 + Math.exp(-v));
const softplus = (v) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));

const KINDS = {
  cosine({ max_signal, min_signal }) {
    const start = Math.acos(max_signal);
    const range = Math.acos(min_signal) - start;
    return {
      rates: (t) => ({ alpha: Math.cos(start + t * range), sigma: Math.sin(start + t * range) }),
      time: (snr) => (Math.atan(Math.exp(-snr / 2)) - start) / range,
    };
  },

  linear({ min_beta, max_beta, epsilon }) {
    const slope = max_beta - min_beta;
    return {
      rates(t) {
        const u = epsilon + (1 - epsilon) * t;
        const logAlpha = (-u * u * slope) / 4 - (u * min_beta) / 2;
        return { alpha: Math.exp(logAlpha), sigma: Math.sqrt(-Math.expm1(2 * logAlpha)) };
      },
      time(snr) {
        const exponent = softplus(-snr) / 2; // -log alpha
        const root = Math.sqrt(min_beta ** 2 / 4 + slope * exponent);
        return ((2 * exponent) / (min_beta / 2 + root) - epsilon) / (1 - epsilon);
      },
    };
  },

  "log-snr"({ max_log_snr, min_log_snr }) {
    const range = min_log_snr - max_log_snr;
    return {
      rates(t) {
        const snr = max_log_snr + t * range;
        return { alpha: Math.sqrt(sigmoid(snr)), sigma: Math.sqrt(sigmoid(-snr)) };
      },
      time: (snr) => (snr - max_log_snr) / range,
    };
  },

  karras({ min_sigma, max_sigma, rho }) {
    const start = min_sigma ** (1 / rho);
    const range = max_sigma ** (1 / rho) - start;
    return {
      rates: (t) => ({ alpha: 1, sigma: (start + t * range) ** rho }),
      time: (snr) => (Math.exp(-snr / (2 * rho)) - start) / range,
    };
  },

  straight({ epsilon }) {
    const range = 1 - 2 * epsilon;
    return {
      rates: (t) => ({ alpha: 1 - (epsilon + range * t), sigma: epsilon + range * t }),
      time: (snr) => (sigmoid(-snr / 2) - epsilon) / range,
    };
  },
};

/** The schedule of a sidecar: rates(t) -> {alpha, sigma}, and time(logSnr), the inverse. */
export function schedule({ kind, ...fields }) {
  return KINDS[kind](fields);
}

/** 2 log(alpha / sigma), in nats. */
export function logSnr({ alpha, sigma }) {
  return 2 * (Math.log(alpha) - Math.log(sigma));
}
