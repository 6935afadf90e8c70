using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.WebUtilities;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Accounts;
using Spoq.Web.Shell;

namespace Spoq.Web.Accounts;

/// <summary>What the static forms about people have in common.</summary>
internal static class Forms
{
    public static Caller Caller(this HttpContext context) => new(Plain(context.Connection.RemoteIpAddress), context.Request.Headers.UserAgent);

    /// <summary>On a socket for both kinds of address an IPv4 one comes wrapped; people know it unwrapped.</summary>
    private static IPAddress? Plain(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;

    /// <summary>The page is shown again with the reason in its place; programs read the status.</summary>
    public static void Refuse(this HttpContext context, Refusal refusal)
    {
        // A static page that answers 404 gives way to the not-found page; what was here and is over is 410.
        context.Response.StatusCode = refusal.Kind == RefusalKind.NotFound ? StatusCodes.Status410Gone : Problems.Status(refusal.Kind);
        if (refusal.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Where somebody who signs up was heading: a page of ours, or the wizard with the address they looked up.</summary>
    public static string? Next(string? returnUrl, string? address) =>
        LocalPath.Check(returnUrl) ?? (address is { Length: > 0 and <= 63 } ? LocalPath.Check("/setup?address=" + Uri.EscapeDataString(address)) : null);

    /// <summary>A page of ours that goes on to another one.</summary>
    public static string To(string path, string? next) => string.IsNullOrEmpty(next) ? path : QueryHelpers.AddQueryString(path, "return_url", next);

    public static string With(this NavigationManager navigation, string path, string? next) =>
        navigation.GetUriWithQueryParameters(navigation.ToAbsoluteUri(path).ToString(), new Dictionary<string, object?> { ["return_url"] = next });
}
