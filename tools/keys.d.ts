export const keysPage: () => string;
