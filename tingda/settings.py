"""All settings, read once from the environment. A wrong value stops the start and names itself.

The list for people is `docs/configure.md`; a test holds the two equal.
"""

import sys
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django.utils.translation import gettext_lazy as _
from environs import Env, EnvError, ValidationError, validate

from tingda.lib.exercise import shut_doors
from tingda.lib.secrets import secret

env = Env()


def _stop(error: Exception) -> None:
    """End with one sentence instead of a traceback: the reader is an office, not a programmer."""
    sys.stderr.write(f"设置有误，没有启动 / wrong setting, not started: {error}\n")
    raise SystemExit(78) from error  # EX_CONFIG


def _is_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(f"没有这个时区 / no such time zone: {name}")


try:
    HOME = Path(env.str("TINGDA_HOME", "var")).expanduser().absolute()
    HOST = env.str("TINGDA_HOST", "127.0.0.1")
    PORT = env.int("PORT", 8000, validate=validate.Range(1, 65535))
    ADDRESS = env.str("TINGDA_ADDRESS", f"http://localhost:{PORT}").rstrip("/")
    DEBUG = env.bool("TINGDA_DEBUG", False)
    DATABASE_URL = env.str("DATABASE_URL", "")
    TIME_ZONE = env.str("TINGDA_TIME_ZONE", "Asia/Shanghai", validate=_is_zone)
    LANGUAGE_CODE = env.str(
        "TINGDA_LANGUAGE", "zh-hans", validate=validate.OneOf(["zh-hans", "en"])
    )
    PRIVATE_HOSTS: list[str] = env.list("TINGDA_PRIVATE_HOSTS", [])
    CONTACT = env.str("TINGDA_CONTACT", "")
    HOST_PACE_SECONDS = env.float("TINGDA_HOST_PACE", 5.0, validate=validate.Range(0, 3600))
    LOOKS_AT_ONCE = env.int("TINGDA_LOOKS_AT_ONCE", 48, validate=validate.Range(1, 500))
    RETENTION_DAYS = env.int("TINGDA_RETENTION_DAYS", 180, validate=validate.Range(0, 36_500))
    UPLOAD_LIMIT_MB = env.int("TINGDA_UPLOAD_LIMIT_MB", 512, validate=validate.Range(1, 10_000))
    BEHIND_PROXY = env.bool("TINGDA_BEHIND_PROXY", False)
    DEMO = env.bool("TINGDA_DEMO", False)
    DRILL = env.str("TINGDA_DRILL", "")  # lib/exercise.py reads what it names
    DRILL_PORT = env.int("TINGDA_DRILL_PORT", 0, validate=validate.Range(0, 65535))
    DRILL_ADDRESS = env.str("TINGDA_DRILL_ADDRESS", "").rstrip("/")
    OIDC_SERVER = env.str("TINGDA_OIDC_SERVER", "").rstrip("/")
    OIDC_CLIENT = env.str("TINGDA_OIDC_CLIENT", "")
    OIDC_SECRET = env.str("TINGDA_OIDC_SECRET", "")
    OIDC_NAME = env.str("TINGDA_OIDC_NAME", "")
    OIDC_LOGIN = env.str("TINGDA_OIDC_LOGIN", "preferred_username")
    if OIDC_SERVER and not (OIDC_CLIENT and urlsplit(OIDC_SERVER).scheme in ("http", "https")):
        raise EnvError(
            '"TINGDA_OIDC_SERVER" 应是网址，并填 / must be a web address, with TINGDA_OIDC_CLIENT'
        )
    if urlsplit(ADDRESS).scheme not in ("http", "https") or not urlsplit(ADDRESS).hostname:
        raise EnvError(f'"TINGDA_ADDRESS" 应是 http(s) 网址 / must be a web address: {ADDRESS}')
    DATABASES = {"default": env.dj_db_url("DATABASE_URL", f"sqlite:///{HOME / 'tingda.sqlite3'}")}
    if DATABASES["default"].get("ENGINE", "").rsplit(".", 1)[-1] not in ("sqlite3", "postgresql"):
        raise EnvError('"DATABASE_URL": 只支持 sqlite 和 postgresql / only sqlite and postgresql')
except (EnvError, ValueError) as error:
    _stop(error)

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # a writer waits its turn instead of failing half-way
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        "PRAGMA cache_size=-32000; PRAGMA temp_store=MEMORY;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# opening one takes longer than most questions; the worker asks some dozens a second
DATABASES["default"]["CONN_MAX_AGE"] = 60

try:
    SECRET_KEY = secret(HOME, "pages.key").decode()
except OSError:  # the folder cannot be written: `tingda doctor` says so, nothing else starts
    SECRET_KEY = token_hex(32)
ALLOWED_HOSTS = list({urlsplit(ADDRESS).hostname or "", "localhost", "127.0.0.1", "[::1]"})
CSRF_TRUSTED_ORIGINS = [ADDRESS]
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
_tls = ADDRESS.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _tls
if DRILL:  # the copy of the office in which a drill is held
    shut_doors()
    # browsers tell ports of one host apart by nothing but these names
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "drill_session", "drill_csrf"
SESSION_COOKIE_AGE = 12 * 3600  # one shift
SECURE_HSTS_SECONDS = 31_536_000 if _tls else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "media-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

ROOMS = [  # reports reads only and has no tables
    *("ledger", "people", "vault", "duty", "notify"),
    *("collect", "analyse", "detect", "cases", "answers"),
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    # what it needs is loaded only where an office signs in elsewhere
    *(
        ["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"]
        * bool(OIDC_SERVER)
    ),
    *[f"tingda.{room}" for room in ROOMS],
    "tingda.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "tingda.web.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "tingda.web.uploading.UploadLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tingda.web.middleware.RefusalMiddleware",
    *(["tingda.web.middleware.DrillMiddleware"] * bool(DRILL)),
    "tingda.web.uploading.FileLimitMiddleware",
]
ROOT_URLCONF = "tingda.urls"
WSGI_APPLICATION = "tingda.web.wsgi.application"
LEDGER_WORDS = "tingda.web.ledger_words.sentence"  # in words, for papers too
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tingda.web.context.house",
            ],
            "builtins": ["django.templatetags.i18n", "tingda.web.templatetags.tingda"],
        },
    }
]
AUTH_USER_MODEL = "people.Person"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Signing in: our own page and password, then what django-allauth knows of second factors. Nobody
# signs up: people are added or invited.
ACCOUNT_ADAPTER = "tingda.web.entering.Accounts"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "login"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_TIMEOUT = 900  # seconds between password and second factor
MFA_ADAPTER = "tingda.web.entering.Factors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # a telephone's clock may be half a minute off
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _tls  # browsers themselves allow it on localhost alone
SOCIALACCOUNT_ADAPTER = "tingda.web.elsewhere.Elsewhere"
SOCIALACCOUNT_LOGIN_ON_GET = True  # our policy lets no form lead to another site
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "office",
                "name": OIDC_NAME or "OpenID",
                "client_id": OIDC_CLIENT,
                "secret": OIDC_SECRET,
                "settings": {"server_url": OIDC_SERVER},
            }
        ],
    }
}
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "public-answers"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
USE_I18N = True
LANGUAGES = [("zh-hans", _("简体中文")), ("en", "English")]
LOCALE_PATHS = [Path(__file__).parent / "locale"]
STATIC_URL = "static/"
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = HOME / "files"  # served only through views that ask who is asking
FILE_UPLOAD_TEMP_DIR = None
FILE_UPLOAD_HANDLERS = [
    "tingda.web.uploading.WithinLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
CACHES = {
    # counts attempts on public forms; in the database so that several web processes share it
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "web_cache",
    }
}
SILENCED_SYSTEM_CHECKS = [
    "django_ratelimit.W001"  # the database cache is not on its list; limits may be off by a few
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
