/** Flags of Node with which the drain of a fixture waits for a client of a busy machine. */
export const PATIENT_DRAIN: string[] = [
  '--import',
  new URL('../fixtures/patient-drain.ts', import.meta.url).href,
]
