namespace Spoq.Core.Instances.Setup;

/// <summary>Every expected "no" of the wizard and of addresses.</summary>
public static class SetupRefusals
{
    public static readonly Refusal AddressMissing = Address("missing", "Type the name you would like, such as alice.");

    public static readonly Refusal AddressTooShort = Address("too_short", $"That is too short: use at least {Setup.Address.MinLength} characters.");

    public static readonly Refusal AddressTooLong = Address("too_long", $"That is too long: use at most {Setup.Address.MaxLength} characters.");

    public static readonly Refusal AddressBadCharacters = Address("bad_characters", "Use only the letters a to z, digits and hyphens.");

    public static readonly Refusal AddressEdgeHyphen = Address("bad_characters", "Start and end with a letter or a digit, not with a hyphen.");

    public static readonly Refusal AddressDoubleHyphen = Address("bad_characters", "Use single hyphens only: two in a row are kept for international names.");

    public static readonly Refusal AddressReserved = Address("reserved", "This name is reserved. Please choose another.");

    public static readonly Refusal AddressLookAlike = Address("look_alike", "This looks too much like one of our own names and could mislead people. Please choose another.");

    public static readonly Refusal AddressTaken = new("taken", "Somebody already has this address. Choose one of the suggestions or try another.", RefusalKind.Conflict, "address");

    public static readonly Refusal AddressResting = new("taken", "This address was given up recently and rests for 30 days. Please choose another.", RefusalKind.Conflict, "address");

    public static readonly Refusal StepNotOpen = new("step_not_open", "Finish the steps before this one first.", RefusalKind.Conflict);

    public static readonly Refusal AlreadyPaid = new("already_paid", "This computer is paid for and being set up, so this can no longer be changed here.", RefusalKind.Conflict);

    public static readonly Refusal StillUnderWay = new("still_under_way", "Your computer is still being set up, so this setup cannot be left for good yet.", RefusalKind.Conflict);

    public static readonly Refusal NoDevice = new("no_device", "Add a device, or choose to skip this for now.", RefusalKind.Conflict);

    public static readonly Refusal IntervalNotSold = new("interval_not_sold", "This plan is sold by the month only. Choose monthly.", Field: "interval");

    public static readonly Refusal UnknownPlan = new("unknown_plan", "Choose one of the plans shown.", Field: "plan");

    public static readonly Refusal UnknownRegion = new("unknown_region", "Choose one of the regions shown.", Field: "region");

    public static readonly Refusal AllSoldOut = new("sold_out", "Every city is full for this plan at the moment. Choose another plan, or come back later: nothing was charged, and your choices are kept.", RefusalKind.Conflict, "region");

    public static readonly Refusal QuotaReached = new("quota_reached", "Your account already has its computer. Open the dashboard to see it.", RefusalKind.Conflict);

    public static readonly Refusal ProviderAway = new("provider_unavailable", "We cannot reach the data centre right now. Try again in a minute: nothing was charged.", RefusalKind.Unavailable);

    public static Refusal SoldOut(string city) => new("sold_out", $"{city} is sold out for this plan: choose another city. Nothing was charged, and your other choices are kept.", RefusalKind.Conflict, "region");

    public static Refusal ForeignLetter(string letter) => Address("bad_characters", $"“{letter}” is not one of the letters a to z, even if it looks like one. Use a to z, digits and hyphens.");

    private static Refusal Address(string code, string message) => new(code, message, Field: "address");
}
