/** Returns the object that it is given, to which a class that extends it adds its private fields. */
export class Holder {
  constructor(holder: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is what it is for
    return holder
  }
}
