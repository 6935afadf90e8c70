using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Spoq.Web.Access;

/// <summary>The form body of an OAuth endpoint: each parameter at most once, an empty one is none (RFC 6749, section 3.2).</summary>
internal sealed class OAuthForm
{
    /// <summary>Marks endpoints that answer errors in the form of RFC 6749.</summary>
    public static readonly OAuthErrors Errors = new();

    private const int MaxParameters = 32;

    private readonly Dictionary<string, string> _parameters;

    private OAuthForm(Dictionary<string, string> parameters) => _parameters = parameters;

    /// <summary>Null: there is none.</summary>
    public string? this[string name] => _parameters.GetValueOrDefault(name);

    /// <summary>Null: no form that can be read, or a parameter is there twice.</summary>
    public static async Task<OAuthForm?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || type.MediaType != "application/x-www-form-urlencoded")
        {
            return null;
        }

        IFormCollection form;
        try
        {
            form = await request.ReadFormAsync(cancellationToken);
        }
        catch (Exception error) when (error is InvalidDataException or BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest })
        {
            return null;
        }

        // A resource may be named more than once (RFC 8707), and means nothing here beyond ourselves.
        return form.Count > MaxParameters || form.Any(pair => pair.Key != "resource" && pair.Value.Count > 1)
            ? null
            : new OAuthForm(form.Where(pair => !StringValues.IsNullOrEmpty(pair.Value)).ToDictionary(pair => pair.Key, pair => pair.Value[0]!));
    }
}

internal sealed record OAuthErrors;
