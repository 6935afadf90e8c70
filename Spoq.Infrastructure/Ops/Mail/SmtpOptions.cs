using System.Net.Mail;
using Microsoft.Extensions.Options;

namespace Spoq.Infrastructure.Ops.Mail;

/// <summary>Section <c>Smtp</c>: the server that takes our mail.</summary>
public sealed class SmtpOptions
{
    public const string Section = "Smtp";

    public string? Host { get; set; }

    public int Port { get; set; } = 587;

    public string? Username { get; set; }

    public string? Password { get; set; }

    /// <summary>The sender, such as <c>Spoq &lt;hello@spoq.dev&gt;</c>.</summary>
    public string? From { get; set; }

    /// <summary>Off only for a relay on a private network.</summary>
    public bool StartTls { get; set; } = true;
}

internal sealed class SmtpOptionsValidation : IValidateOptions<SmtpOptions>
{
    public ValidateOptionsResult Validate(string? name, SmtpOptions options)
    {
        if (options.Host is not { Length: > 0 })
        {
            return ValidateOptionsResult.Skip;
        }

        List<string> faults = [];
        if (!MailAddress.TryCreate(options.From, out _))
        {
            faults.Add("Smtp__From must be the sender's address, such as \"Spoq <hello@example.com>\".");
        }

        if (options.Port is 465 or < 1 or > 65535)
        {
            faults.Add("Smtp__Port must be a port that speaks STARTTLS, usually 587; 465 is not supported.");
        }

        if (options.Username is { Length: > 0 } && options.Password is not { Length: > 0 })
        {
            faults.Add("Smtp__Password is missing: Smtp__Username is set.");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
