import { deriveProxyConfig, type ProxyConfig } from '../src/proxy/derive';
import type { ProxySettings } from '../src/proxy/settings';

/** A small configuration with everything that the platform's have. */
export const PROXY_CONFIG = `# The proxy
env AUTH_TOKEN_COOKIE_NAME;
events { worker_connections 1024; }

http {
    include       /usr/local/openresty/nginx/conf/mime.types;
    resolver 169.254.169.253 valid=10s;
    map $http_upgrade $connection_upgrade {
        default upgrade;
        ''      close;
    }
    map "\${ROUTE_PREFIX}:$host" $at_root {
        ~^/:    1;
        default 0;
    }
    map $viewer_proto $forwarded_proto {
        default $scheme;
        http    http;
    }
    real_ip_header    X-Forwarded-For;
    set_real_ip_from  <ALB_CIDR>; # the load balancer’s
    limit_req_zone $binary_remote_addr zone=chat_api_zone:10m rate=10r/s;

    upstream web_ui {
        server web-ui:80;
    }
    # upstream kb_api { server kb:8000; }
    upstream chat_api {
        server chat-ingress:8010;
    }

    init_by_lua_block {
        function unmask() -- a } in a comment
            local res = ngx.location.capture("/auth/unmask") --[[ and } in a long one ]]
            ngx.log(ngx.WARN, 'a "}" in \\'text\\'', [==[ and ]] } in brackets ]==])
            local t = { {} }
        end
    }

    server {
        listen 80;
        server_name <YOUR_DOMAIN>;
        location /sse/ {
            access_by_lua_block { unmask() }
            proxy_pass http://chat_api;   # no path → no surprises
            proxy_set_header Host $host;
            proxy_read_timeout 600s;
        }
        location /cb/socket.io/ {
            proxy_pass http://chat_api/socket.io/;
            proxy_set_header Host $host;
            if ($request_method = OPTIONS) {
                add_header Access-Control-Allow-Origin $http_origin always;
                return 204;
            }
        }
        location = /profile {
            proxy_set_header Host $host;
            proxy_pass http://chat_api/api/profile;
        }
        location /api/kb/ {
            set $kb_backend "kb:8000";
            proxy_pass http://$kb_backend/api/kb/;
        }
        location /config.json { proxy_pass http://web_ui/config.json; }
        location ^~ \${ROUTE_PREFIX}/ {
            proxy_pass http://web_ui/;
            proxy_set_header Host $http_host;
        }
    }
}
`;

const PROXY_SETTINGS: ProxySettings = {
  upstreams: {},
  resolver: { address: '127.0.0.11', valid: 5 },
  realIp: { from: ['10.0.0.0/16'], header: 'X-Forwarded-For' },
  routePrefix: '/platform',
  domain: 'app.example.com',
};

export function derived(text = PROXY_CONFIG, settings: Partial<ProxySettings> = {}): ProxyConfig {
  return deriveProxyConfig({ text, file: 'nginx_proxy.conf', settings: { ...PROXY_SETTINGS, ...settings } });
}
