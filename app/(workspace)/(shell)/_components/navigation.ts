// The places of the app, in the order of the loop.
import {
  Boxes,
  Download,
  Gauge,
  GitCompareArrows,
  House,
  KeyRound,
  ListOrdered,
  type LucideIcon,
  MessagesSquare,
  RefreshCw,
  Scale,
  SearchCheck,
  Users,
} from 'lucide-react';

export interface Place {
  key:
    | 'overview'
    | 'label'
    | 'review'
    | 'quality'
    | 'prompts'
    | 'pairs'
    | 'rounds'
    | 'judges'
    | 'models'
    | 'people'
    | 'apiKeys'
    | 'export';
  href: string;
  icon: LucideIcon;
  adminOnly: boolean;
}

export const places: Place[] = [
  { key: 'overview', href: '/', icon: House, adminOnly: false },
  { key: 'label', href: '/label', icon: ListOrdered, adminOnly: false },
  { key: 'review', href: '/review', icon: SearchCheck, adminOnly: true },
  { key: 'quality', href: '/quality', icon: Gauge, adminOnly: false },
  { key: 'prompts', href: '/prompts', icon: MessagesSquare, adminOnly: true },
  { key: 'pairs', href: '/pairs', icon: GitCompareArrows, adminOnly: true },
  { key: 'rounds', href: '/rounds', icon: RefreshCw, adminOnly: true },
  { key: 'judges', href: '/judges', icon: Scale, adminOnly: true },
  { key: 'models', href: '/models', icon: Boxes, adminOnly: true },
  { key: 'people', href: '/people', icon: Users, adminOnly: true },
  { key: 'apiKeys', href: '/api-keys', icon: KeyRound, adminOnly: true },
  { key: 'export', href: '/export', icon: Download, adminOnly: true },
];

export function placesFor(isAdmin: boolean): Place[] {
  return places.filter((place) => isAdmin || !place.adminOnly);
}

export function isHere(pathname: string, href: string): boolean {
  return href === '/' ? pathname === '/' : pathname === href || pathname.startsWith(`${href}/`);
}
