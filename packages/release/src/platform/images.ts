import { calendarVersion } from './generation';
import { PLATFORM_IMAGES, type PublishedImageFacts } from './image-list';

/** The names of the platform's images at this ref, sorted. For a ref that is not a calendar version: all of them. */
export function platformImages(ref: string): string[] {
  const version = calendarVersion(ref) ?? Infinity;
  return PLATFORM_IMAGES.filter(({ since }) => since === undefined || version >= calendarVersion(since)!).map(({ name }) => name);
}

/** Whether the platform publishes an image of this name, at any ref. */
export function isPlatformImage(name: string): boolean {
  return platformImage(name) !== undefined;
}

/** How the platform builds an image: its Dockerfile, and the arguments. */
export function platformImage(name: string): PublishedImageFacts | undefined {
  return PLATFORM_IMAGES.find((image) => image.name === name);
}
