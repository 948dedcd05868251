/** Says what a process died of that left because of a fatal fault: `a fatal fault: TypeError from handler`. */
export function describeFatal(errorType: string, origin: string): string {
  return `a fatal fault: ${errorType} from ${origin}`
}
