import fc from 'fast-check';

// Property tests draw the same inputs in every run, so that a change is judged by itself; DVPROXY_PROPERTY_SEED draws others.
fc.configureGlobal({ seed: Number(process.env['DVPROXY_PROPERTY_SEED'] ?? 20_261_121) });
