/** An image's name with the tag that counts when none is written. */
export const withTag = (reference: string): string => (reference.includes('@') || /:[^/]*$/.test(reference) ? reference : `${reference}:latest`);
