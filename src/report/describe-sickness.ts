import type { Sickness } from './crash-report.ts'

/** Says in a few words why a process takes itself for sick. */
export function describeSickness({ ended, failed, waiting, lost }: Sickness): string {
  if (lost !== undefined)
    return `${lost} connections were lost as they were taken, and no request was answered`
  return `${failed} of ${ended} requests failed, and ${waiting} wait too long, on routes that were fine before`
}
