"""The page of prices, for administrators."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from console.accounts.gates import ConsoleRequest, may
from console.prices import book
from console.prices.forms import HOSTINGS, PriceForm, RateForm
from console.prices.models import Price, Rate
from console.web.paging import page

PRICES_A_PAGE = 100
RATES_SHOWN = 12


@require_safe
@may("manage")
def prices(request: ConsoleRequest) -> HttpResponse:
    """Every price by model, the newest first, and the exchange rates."""
    return show(request)


@require_POST
@may("manage")
def price(request: ConsoleRequest) -> HttpResponse:
    """Add a price; the ones before it stay, as they were right in their time."""
    form = PriceForm(request.POST)
    if not form.is_valid():
        return show(request, price_form=form)
    book.add_price(request.person, Price(**form.cleaned_data))
    messages.success(request, _("The price is added."))
    return redirect("prices:list")


@require_POST
@may("manage")
def rate(request: ConsoleRequest) -> HttpResponse:
    """Add an exchange rate for the won."""
    form = RateForm(request.POST)
    if not form.is_valid():
        return show(request, rate_form=form)
    book.add_rate(request.person, Rate(currency=book.WON, **form.cleaned_data))
    messages.success(request, _("The exchange rate is added."))
    return redirect("prices:list")


def show(
    request: ConsoleRequest, *, price_form: PriceForm | None = None, rate_form: RateForm | None = None
) -> HttpResponse:
    today = {"from_date": timezone.now().date()}
    cursor = request.GET.get("cursor", "")
    context = {
        "page": page(
            Price.objects.all(), order=("model", "-from_date", "above_tokens", "-id"), cursor=cursor, size=PRICES_A_PAGE
        ),
        "rates": Rate.objects.filter(currency=book.WON).order_by("-from_date", "-id")[:RATES_SHOWN],
        "price_form": price_form or PriceForm(initial=today),
        "rate_form": rate_form or RateForm(initial=today),
        "hostings": HOSTINGS,
    }
    wrong = price_form is not None or rate_form is not None
    status = HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK
    return render(request, "prices/list.html", context, status=status)
