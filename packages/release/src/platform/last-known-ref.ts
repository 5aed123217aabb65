/** The newest published platform whose files were compared with this table. */
export const LAST_KNOWN_REF = '2026.08.19.120';
