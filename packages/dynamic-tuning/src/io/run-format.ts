/** Version of the run folders that this library writes and reads. */
export const runFormatVersion = 1
