/** This package's version, as crash reports name it. A test keeps it equal to `package.json`. */
export const VERSION = '0.1.0'
